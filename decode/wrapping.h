/* The tunnels that mirrors send packets through, and those that clients' packets travel in: each is
 * a layer like any other, in each other up to NESTING_MAX. What is no such packet after all, on a
 * port that anybody may use, is DROP_NOT_DNS. */
#ifndef DECODE_WRAPPING_H
#define DECODE_WRAPPING_H

#include "decode/layers.h"

/* RFC 2784 and RFC 2890, with the routing of RFC 1701; the mirrored frames of ERSPAN I, II and III
 * (draft-foschiano-erspan) inside. */
int gre_decode(struct decoder *decoder, struct packet *packet);

/* IPv4 or IPv6 in either (RFC 2003, RFC 2473, RFC 4213). */
int ip_in_ip_decode(struct decoder *decoder, struct packet *packet);

int vxlan_decode(struct decoder *decoder, struct packet *packet);  /* RFC 7348 */
int geneve_decode(struct decoder *decoder, struct packet *packet); /* RFC 8926 */
int teredo_decode(struct decoder *decoder, struct packet *packet); /* RFC 4380 section 5.1.1 */
int tzsp_decode(struct decoder *decoder, struct packet *packet);   /* TaZmen Sniffer Protocol */
int gtp_decode(struct decoder *decoder, struct packet *packet);    /* 3GPP TS 29.281 */

#endif
