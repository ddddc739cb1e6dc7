#include "capture/device_filter.h"

#include <assert.h>
#include <stdbool.h>

/* Everything is read at [X + k], X being how far the tags walked over so far push the headers, and
 * k counting from the frame's beginning. So all ways through the layers meet at one IP header, and
 * libpcap can still move the program to where a cooked socket has its bytes. */

#define ACCEPT 262144
#define REJECT 0

#define VLAN_TAGS_MAX   4
#define MPLS_LABELS_MAX 8

#define LENGTH_MAX 1500 /* up to here an EtherType is a length (IEEE 802.3) */

/* Forward jumps to a place that is not known yet. */
#define JUMPS_MAX 64

struct label {
    unsigned jumps[JUMPS_MAX];
    unsigned count;
};

static unsigned emit(struct device_filter *filter, uint16_t code, uint32_t k)
{
    assert(filter->count < DEVICE_FILTER_INSTRUCTIONS_MAX);
    filter->instructions[filter->count] = (struct bpf_insn){.code = code, .k = k};
    return filter->count++;
}

static void load_u8(struct device_filter *filter, uint32_t at)
{
    emit(filter, BPF_LD | BPF_B | BPF_IND, at);
}

static void load_u16(struct device_filter *filter, uint32_t at)
{
    emit(filter, BPF_LD | BPF_H | BPF_IND, at);
}

static void load_u32(struct device_filter *filter, uint32_t at)
{
    emit(filter, BPF_LD | BPF_W | BPF_IND, at);
}

/* X += `bytes`; the accumulator is lost. */
static void go_on(struct device_filter *filter, uint32_t bytes)
{
    emit(filter, BPF_MISC | BPF_TXA, 0);
    emit(filter, BPF_ALU | BPF_ADD | BPF_K, bytes);
    emit(filter, BPF_MISC | BPF_TAX, 0);
}

static void ret(struct device_filter *filter, uint32_t verdict)
{
    emit(filter, BPF_RET | BPF_K, verdict);
}

static void jump(struct device_filter *filter, struct label *label)
{
    assert(label->count < JUMPS_MAX);
    label->jumps[label->count++] = emit(filter, BPF_JMP | BPF_JA, 0);
}

/* The next instruction, if `condition` (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET) does not hold, is
 * passed over. */
static void when(struct device_filter *filter, uint16_t condition, uint32_t k)
{
    unsigned at = emit(filter, BPF_JMP | condition | BPF_K, k);

    filter->instructions[at].jf = 1;
}

static void accept_when(struct device_filter *filter, uint16_t condition, uint32_t k)
{
    when(filter, condition, k);
    ret(filter, ACCEPT);
}

static void jump_when_equal(struct device_filter *filter, uint32_t k, struct label *label)
{
    when(filter, BPF_JEQ, k);
    jump(filter, label);
}

static void place(struct device_filter *filter, const struct label *label)
{
    for (unsigned i = 0; i < label->count; i++)
        filter->instructions[label->jumps[i]].k = filter->count - label->jumps[i] - 1;
}

/* Leaves the EtherType behind all tags in the accumulator. `network`: where the payload begins. */
static void walk_vlan(struct device_filter *filter, uint32_t network)
{
    static const uint16_t types[] = {0x8100, 0x88a8, 0x9100, 0x9200};
    struct label behind = {.count = 0};

    for (unsigned tags = 0; tags < VLAN_TAGS_MAX; tags++) {
        struct label tag = {.count = 0};

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
            jump_when_equal(filter, types[i], &tag);
        jump(filter, &behind);
        place(filter, &tag);
        load_u16(filter, network + 2);
        emit(filter, BPF_ST, 0);
        go_on(filter, 4);
        emit(filter, BPF_LD | BPF_MEM, 0);
    }
    place(filter, &behind);
}

/* Behind the label stack: IP, or a pseudowire, which is not looked into. */
static void walk_mpls(struct device_filter *filter, uint32_t network, struct label *ip)
{
    struct label bottom = {.count = 0};

    for (unsigned labels = 0; labels < MPLS_LABELS_MAX; labels++) {
        struct label above = {.count = 0};

        load_u32(filter, network);
        emit(filter, BPF_ALU | BPF_AND | BPF_K, 0x100); /* the bottom of the stack */
        jump_when_equal(filter, 0, &above);
        go_on(filter, 4);
        jump(filter, &bottom);
        place(filter, &above);
        go_on(filter, 4);
    }
    ret(filter, REJECT);
    place(filter, &bottom);
    load_u8(filter, network);
    emit(filter, BPF_ALU | BPF_RSH | BPF_K, 4);
    accept_when(filter, BPF_JEQ, 0);
    jump(filter, ip);
}

/* A session's IP; MPLS in PPP passes as it is, what PPP says of itself does not. */
static void walk_pppoe(struct device_filter *filter, uint32_t network, struct label *ip)
{
    struct label whole = {.count = 0}, compressed = {.count = 0};

    go_on(filter, 6);
    load_u16(filter, network);
    jump_when_equal(filter, 0x0021, &whole);
    jump_when_equal(filter, 0x0057, &whole);
    accept_when(filter, BPF_JEQ, 0x0281);
    accept_when(filter, BPF_JEQ, 0xff03);
    load_u8(filter, network);
    jump_when_equal(filter, 0x21, &compressed);
    jump_when_equal(filter, 0x57, &compressed);
    ret(filter, REJECT);
    place(filter, &whole);
    go_on(filter, 2);
    jump(filter, ip);
    place(filter, &compressed);
    go_on(filter, 1);
    jump(filter, ip);
}

/* By the EtherType in the accumulator. */
static void walk_types(struct device_filter *filter, uint32_t network, struct label *ip)
{
    struct label mpls = {.count = 0}, pppoe = {.count = 0}, type = {.count = 0};

    jump_when_equal(filter, 0x0800, ip);
    jump_when_equal(filter, 0x86dd, ip);
    jump_when_equal(filter, 0x8847, &mpls);
    jump_when_equal(filter, 0x8848, &mpls);
    jump_when_equal(filter, 0x8864, &pppoe);
    when(filter, BPF_JGT, LENGTH_MAX);
    jump(filter, &type); /* of something else */
    load_u32(filter, network);
    accept_when(filter, BPF_JEQ, 0xaaaa0300); /* LLC with SNAP */
    place(filter, &type);
    ret(filter, REJECT);
    place(filter, &mpls);
    walk_mpls(filter, network, ip);
    place(filter, &pppoe);
    walk_pppoe(filter, network, ip);
}

/* Wrappings in UDP; Teredo's servers and relays answer from their port. */
static const uint16_t udp_wrappings[] = {4789, 8472, 6081, 37008, 3544, 2152};
#define TEREDO_PORT    3544
#define ENCRYPTED_PORT 853

static void accept_ports(struct device_filter *filter, const uint16_t *ports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        accept_when(filter, BPF_JEQ, ports[i]);
    accept_when(filter, BPF_JEQ, ENCRYPTED_PORT);
}

/* X leads to the transport header. */
static void walk_transport(struct device_filter *filter, uint32_t network, bool udp,
                           const uint16_t *ports, size_t count)
{
    load_u16(filter, network);
    accept_ports(filter, ports, count);
    if (udp)
        accept_when(filter, BPF_JEQ, TEREDO_PORT);
    load_u16(filter, network + 2);
    accept_ports(filter, ports, count);
    for (size_t i = 0; udp && i < sizeof(udp_wrappings) / sizeof(udp_wrappings[0]); i++)
        accept_when(filter, BPF_JEQ, udp_wrappings[i]);
    ret(filter, REJECT);
}

struct transports {
    struct label udp, tcp;
};

static void accept_wrapping_protocols(struct device_filter *filter)
{
    static const uint8_t protocols[] = {4, 41, 47}; /* IPv4, IPv6, GRE */

    for (size_t i = 0; i < sizeof(protocols); i++)
        accept_when(filter, BPF_JEQ, protocols[i]);
}

/* X += the IPv4 header's length. */
static void pass_ipv4_header(struct device_filter *filter, uint32_t network)
{
    load_u8(filter, network);
    emit(filter, BPF_ALU | BPF_AND | BPF_K, 0xf);
    emit(filter, BPF_ALU | BPF_LSH | BPF_K, 2);
    emit(filter, BPF_ALU | BPF_ADD | BPF_X, 0);
    emit(filter, BPF_MISC | BPF_TAX, 0);
}

static void walk_ipv4(struct device_filter *filter, uint32_t network, struct transports *transports)
{
    static const uint8_t errors[] = {3, 4, 11, 12};
    struct label icmp = {.count = 0}, udp = {.count = 0}, tcp = {.count = 0};

    load_u16(filter, network + 6);
    accept_when(filter, BPF_JSET, 0x1fff); /* a fragment that has no ports */
    load_u8(filter, network + 9);
    jump_when_equal(filter, 17, &udp);
    jump_when_equal(filter, 6, &tcp);
    jump_when_equal(filter, 1, &icmp);
    accept_wrapping_protocols(filter);
    ret(filter, REJECT);
    place(filter, &udp);
    pass_ipv4_header(filter, network);
    jump(filter, &transports->udp);
    place(filter, &tcp);
    pass_ipv4_header(filter, network);
    jump(filter, &transports->tcp);
    place(filter, &icmp);
    pass_ipv4_header(filter, network);
    load_u8(filter, network);
    for (size_t i = 0; i < sizeof(errors); i++)
        accept_when(filter, BPF_JEQ, errors[i]);
    ret(filter, REJECT);
}

/* Extension headers are rare enough to be let through whatever follows them. */
static void walk_ipv6(struct device_filter *filter, uint32_t network, struct transports *transports)
{
    static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};
    struct label icmp = {.count = 0}, udp = {.count = 0}, tcp = {.count = 0};

    load_u8(filter, network + 6);
    jump_when_equal(filter, 17, &udp);
    jump_when_equal(filter, 6, &tcp);
    jump_when_equal(filter, 58, &icmp);
    accept_wrapping_protocols(filter);
    for (size_t i = 0; i < sizeof(extensions); i++)
        accept_when(filter, BPF_JEQ, extensions[i]);
    ret(filter, REJECT);
    place(filter, &udp);
    go_on(filter, 40);
    jump(filter, &transports->udp);
    place(filter, &tcp);
    go_on(filter, 40);
    jump(filter, &transports->tcp);
    place(filter, &icmp);
    load_u8(filter, network + 40);
    when(filter, BPF_JGE, 128);
    ret(filter, REJECT);
    ret(filter, ACCEPT);
}

static const struct layout {
    int link_type;
    bool has_type;
    uint32_t type; /* where the EtherType is */
    uint32_t network;
} layouts[] = {
    {DLT_EN10MB, true, 12, 14}, {DLT_LINUX_SLL, true, 14, 16}, {DLT_LINUX_SLL2, true, 0, 20},
    {DLT_RAW, false, 0, 0},     {DLT_NULL, false, 0, 4},       {DLT_LOOP, false, 0, 4},
};

static void build(struct device_filter *filter, const struct layout *layout, const uint16_t *ports,
                  size_t count)
{
    struct transports transports = {{.count = 0}, {.count = 0}};
    struct label ip = {.count = 0}, ipv4 = {.count = 0}, ipv6 = {.count = 0};
    uint32_t network = layout->network;

    emit(filter, BPF_LDX | BPF_IMM, 0);
    if (layout->has_type) {
        emit(filter, BPF_LD | BPF_H | BPF_ABS, layout->type);
        walk_vlan(filter, network);
        walk_types(filter, network, &ip);
    }
    place(filter, &ip);
    load_u8(filter, network);
    emit(filter, BPF_ALU | BPF_RSH | BPF_K, 4);
    jump_when_equal(filter, 4, &ipv4);
    jump_when_equal(filter, 6, &ipv6);
    ret(filter, REJECT);
    place(filter, &ipv4);
    walk_ipv4(filter, network, &transports);
    place(filter, &ipv6);
    walk_ipv6(filter, network, &transports);
    place(filter, &transports.udp);
    walk_transport(filter, network, true, ports, count);
    place(filter, &transports.tcp);
    walk_transport(filter, network, false, ports, count);
}

int device_filter_build(struct device_filter *filter, int link_type, const uint16_t *ports,
                        size_t port_count)
{
    filter->count = 0;
    if (port_count > DEVICE_FILTER_PORTS_MAX)
        return -1;
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (layouts[i].link_type == link_type) {
            build(filter, &layouts[i], ports, port_count);
            return 0;
        }
    }
    return -1;
}
