#include "decode/full.h"

#include <ldns/ldns.h>

int message_check(const uint8_t *wire, size_t size)
{
    ldns_pkt *packet = NULL;
    ldns_status status = ldns_wire2pkt(&packet, wire, size);

    if (status != LDNS_STATUS_OK)
        return -1;
    ldns_pkt_free(packet);
    return 0;
}
