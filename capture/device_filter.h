/* What a device is asked for where the user gives no filter of his own: DNS, and what may hold DNS
 * or tell of it.
 *
 * It is a program of our own, since an expression cannot say this: pcap-filter(7)'s `vlan`, `mpls`
 * and `pppoes` shift the offsets of all that stands behind them, and the kernel takes a frame's
 * outermost VLAN tag away on some ways and leaves it on others. This one walks the tags that are
 * there. */
#ifndef CAPTURE_DEVICE_FILTER_H
#define CAPTURE_DEVICE_FILTER_H

#include <pcap/pcap.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_FILTER_INSTRUCTIONS_MAX 1024

struct device_filter {
    struct bpf_insn instructions[DEVICE_FILTER_INSTRUCTIONS_MAX];
    unsigned count;
};

#define DEVICE_FILTER_PORTS_MAX 16

/* Passes, behind up to four VLAN tags, MPLS labels and PPPoE: UDP and TCP of `ports` and of 853,
 * ICMP and ICMPv6 errors, fragments behind the first, extension headers, and the wrappings of
 * mirrors: GRE, IP in IP, VXLAN, GENEVE, TZSP, Teredo. -1: no program for this link type (DLT_*):
 * nothing is to be filtered. */
int device_filter_build(struct device_filter *filter, int link_type, const uint16_t *ports,
                        size_t port_count);

#endif
