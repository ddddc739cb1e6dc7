/* Writes a capture of a busy resolver, for benchmarks: questions of its clients over names in
 * Zipf's distribution, most answered from the cache, for the others the work upstream (referrals by
 * minimised names, signed answers, keys), some over TCP, some failing in one of the ways in
 * `fates`, and noise. Packets that lie in the future wait in a heap, so that the capture is in
 * order of time and as many questions overlap as on a real resolver.
 *
 * usage: generate PACKETS [NAMES [CLIENTS [SEED [TRUTH [START [RATE]]]]]] > FILE.pcap
 *
 * TRUTH is a file for what the capture holds: a line for each figure. The first packet is of second
 * START (since 1970), and clients ask RATE questions a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define START_SECONDS        1790000000
#define QUESTIONS_PER_SECOND 20000
#define FAILURE_MEMORY_US    5000000
#define HEALTHY_RANKS        200 /* nobody leaves the most popular names broken */

enum { QR = 0x8000, AA = 0x0400, RD = 0x0100, RA = 0x0080, SERVFAIL = 2, REFUSED = 5, FORMERR = 1 };

/* How the servers of a domain are, and of how many domains in 1000. */
enum manner { GOOD, REFUSES, FAILS, GARBLES, SILENT, UNREACHABLE, MANNERS };
static const struct {
    const char *code;
    unsigned per_mille;
} fates[MANNERS] = {
    [REFUSES] = {"refused", 5}, [FAILS] = {"servfail", 5},          [GARBLES] = {"formerr", 2},
    [SILENT] = {"silent", 6},   [UNREACHABLE] = {"unreachable", 3},
};

/* When the last fetch for a broken domain began to fail its clients, and until when that is
 * remembered. */
struct failure {
    uint64_t told_us, forgotten_us;
};

struct waiting {
    uint64_t time_us, order;
    uint32_t slot;
};

struct generator {
    uint64_t random;
    uint64_t now_us, orders;
    uint32_t names, clients;
    struct waiting *heap;
    struct packet *packets;
    uint32_t *free_slots;
    uint32_t heap_size, heap_capacity, free_count;
    struct failure *failures; /* by rank */
    uint64_t limit, written, questions, servfails, failed[MANNERS], remembered;
};

static uint32_t draw(struct generator *generator, uint32_t below)
{
    uint64_t state = generator->random;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    generator->random = state;
    return (uint32_t)((state >> 16) % below);
}

/* The first of 2^k names are as popular together as the next 2^k: Zipf's law in steps. */
static uint32_t draw_rank(struct generator *generator)
{
    unsigned octaves = 1;
    uint32_t rank;

    while (generator->names >> octaves)
        octaves++;
    do {
        unsigned octave = draw(generator, octaves);

        rank = (1u << octave) - 1 + draw(generator, 1u << octave);
    } while (rank >= generator->names);
    return rank;
}

static enum manner manner_of(uint32_t domain)
{
    unsigned lot = mix(domain ^ 0x5eed) % 1000;

    if (domain < HEALTHY_RANKS)
        return GOOD;
    for (unsigned manner = REFUSES; manner < MANNERS; manner++) {
        if (lot < fates[manner].per_mille)
            return (enum manner)manner;
        lot -= fates[manner].per_mille;
    }
    return GOOD;
}

static bool is_signed(uint32_t domain)
{
    return mix(domain ^ 0xd5) % 4 == 0;
}

/* The heap of packets to come */

static bool is_before(const struct waiting *a, const struct waiting *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->order < b->order;
}

static void grow(struct generator *generator)
{
    uint32_t before = generator->heap_capacity, after = before ? 2 * before : 4096;

    generator->heap = realloc(generator->heap, after * sizeof(*generator->heap));
    generator->packets = realloc(generator->packets, after * sizeof(*generator->packets));
    generator->free_slots = realloc(generator->free_slots, after * sizeof(*generator->free_slots));
    if (!generator->heap || !generator->packets || !generator->free_slots)
        abort();
    for (uint32_t slot = after; slot-- > before;)
        generator->free_slots[generator->free_count++] = slot;
    generator->heap_capacity = after;
}

static void schedule(struct generator *generator, const struct packet *packet)
{
    struct waiting waiting = {packet->time_us, generator->orders++, 0};
    uint32_t at;

    if (generator->heap_size == generator->heap_capacity)
        grow(generator);
    waiting.slot = generator->free_slots[--generator->free_count];
    generator->packets[waiting.slot] = *packet;
    for (at = generator->heap_size++; at > 0; at = (at - 1) / 2) {
        if (!is_before(&waiting, &generator->heap[(at - 1) / 2]))
            break;
        generator->heap[at] = generator->heap[(at - 1) / 2];
    }
    generator->heap[at] = waiting;
}

static uint32_t take_first(struct generator *generator)
{
    struct waiting last = generator->heap[--generator->heap_size];
    uint32_t slot = generator->heap[0].slot, at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= generator->heap_size)
            break;
        child += child + 1 < generator->heap_size &&
                 is_before(&generator->heap[child + 1], &generator->heap[child]);
        if (!is_before(&generator->heap[child], &last))
            break;
        generator->heap[at] = generator->heap[child];
        at = child;
    }
    generator->heap[at] = last;
    generator->free_slots[generator->free_count++] = slot;
    return slot;
}

/* Who talks */

static const struct endpoint services[2] = {{false, 53, 0xc0a80101, 0}, {true, 53, 0xfd000001, 1}};
static const struct endpoint egresses[2] = {{false, 0, 0xc6120001, 0}, {true, 0, 0x2a030001, 1}};

static struct endpoint draw_client(struct generator *generator)
{
    uint32_t number = draw(generator, generator->clients);
    bool ipv6 = number % 10 < 3;

    return (struct endpoint){ipv6, (uint16_t)(1024 + draw(generator, 60000)),
                             ipv6 ? 0xfd00aaaa : 0x0a000000, number};
}

static void say(struct generator *generator, uint64_t time_us, const struct endpoint *from,
                const struct endpoint *to, const struct message *message)
{
    schedule(generator, &(struct packet){.time_us = time_us,
                                         .from = *from,
                                         .to = *to,
                                         .has_message = true,
                                         .message = *message});
}

/* The resolver's work */

struct query {
    struct endpoint egress, server;
    struct message message;
};

static struct query ask(struct generator *generator, uint64_t time_us, struct endpoint server,
                        const struct message *question, uint16_t type)
{
    struct query query = {.egress = egresses[server.ipv6], .server = server, .message = *question};

    query.egress.port = (uint16_t)(1024 + draw(generator, 60000));
    query.message.id = (uint16_t)draw(generator, 65536);
    query.message.flags = 0;
    query.message.type = type;
    query.message.edns = query.message.dnssec_ok = true;
    say(generator, time_us, &query.egress, &query.server, &query.message);
    return query;
}

/* Returns when the answer comes. */
static uint64_t answer(struct generator *generator, uint64_t time_us, const struct query *query,
                       uint16_t flags, enum content content)
{
    struct message message = query->message;

    time_us += 2000 + draw(generator, 40000);
    message.flags = QR | flags;
    message.content = content;
    say(generator, time_us, &query->server, &query->egress, &message);
    return time_us;
}

static struct endpoint tld_server(uint32_t domain, unsigned index)
{
    bool ipv6 = index % 2;

    return (struct endpoint){ipv6, 53, ipv6 ? 0x2a040001 : 0xc0052000, 1 + domain % 8 * 4 + index};
}

/* What a good domain's name costs. Returns when it is done. */
static uint64_t fetch(struct generator *generator, const struct message *question)
{
    uint64_t time_us = generator->now_us + 100;
    bool secure = is_signed(question->domain);
    struct endpoint server =
        wire_server(question->domain, draw(generator, SERVERS_OF_ZONE), draw(generator, 10) < 3);
    struct message apex = *question;
    struct query query;

    apex.host = 0;
    if (draw(generator, 10) < 3) {
        query = ask(generator, time_us, tld_server(question->domain, draw(generator, 4)), &apex,
                    TYPE_A);
        time_us = answer(generator, time_us, &query, 0,
                         secure ? CONTENT_SIGNED_REFERRAL : CONTENT_REFERRAL);
    }
    query = ask(generator, time_us, server, question, question->type);
    time_us =
        answer(generator, time_us, &query, AA, secure ? CONTENT_SIGNED_ADDRESS : CONTENT_ADDRESS);
    if (secure && draw(generator, 10) < 2) {
        query = ask(generator, time_us, server, &apex, TYPE_DNSKEY);
        time_us = answer(generator, time_us, &query, AA, CONTENT_KEYS);
    }
    return time_us;
}

static uint64_t reject(struct generator *generator, uint64_t time_us, const struct query *query)
{
    time_us += 2000 + draw(generator, 40000);
    schedule(generator, &(struct packet){.time_us = time_us,
                                         .layer = LAYER_UNREACHABLE,
                                         .from = query->egress,
                                         .to = query->server,
                                         .has_message = true,
                                         .message = query->message});
    return time_us;
}

/* All servers of a broken domain are tried in turn. Returns when the last try has failed. */
static uint64_t fail(struct generator *generator, const struct message *question,
                     enum manner manner)
{
    static const uint16_t flags[MANNERS] = {
        [REFUSES] = REFUSED, [FAILS] = SERVFAIL, [GARBLES] = FORMERR};
    uint64_t time_us = generator->now_us + 100;
    unsigned tries = manner == SILENT ? 8 : 4;

    for (unsigned i = 0; i < tries; i++) {
        struct query query =
            ask(generator, time_us, wire_server(question->domain, i / 2 % SERVERS_OF_ZONE, i % 2),
                question, question->type);

        if (manner == SILENT)
            time_us += 400000;
        else if (manner == UNREACHABLE)
            time_us = reject(generator, time_us, &query);
        else
            time_us = answer(generator, time_us, &query, flags[manner], CONTENT_NONE);
    }
    return time_us;
}

/* Returns when the client gets its SERVFAIL: a failure that goes on is waited for, one that is over
 * is remembered for a while. */
static uint64_t resolve_broken(struct generator *generator, const struct message *question,
                               enum manner manner)
{
    struct failure *failure = &generator->failures[question->domain];
    uint64_t now_us = generator->now_us;

    if (now_us < failure->told_us)
        return failure->told_us + draw(generator, 50);
    if (now_us < failure->forgotten_us) {
        generator->remembered++;
        return now_us + 50 + draw(generator, 200);
    }
    failure->told_us = fail(generator, question, manner) + 100;
    failure->forgotten_us = failure->told_us + FAILURE_MEMORY_US;
    generator->failed[manner]++;
    return failure->told_us;
}

static uint64_t resolve(struct generator *generator, const struct message *question)
{
    unsigned misses = question->domain < HEALTHY_RANKS ? 10 : 50; /* of a hundred */

    if (draw(generator, 100) < misses)
        return fetch(generator, question) + 100;
    return generator->now_us + 50 + draw(generator, 300);
}

/* The client's side */

struct side {
    struct endpoint endpoint;
    uint32_t sequence;
};

static void send_segment(struct generator *generator, uint64_t time_us, struct side *from,
                         const struct side *to, uint8_t flags, const struct message *message)
{
    struct packet packet = {.time_us = time_us,
                            .layer = LAYER_TCP,
                            .from = from->endpoint,
                            .to = to->endpoint,
                            .tcp_flags = flags,
                            .sequence = from->sequence,
                            .acknowledged = flags & TCP_ACK ? to->sequence : 0};

    if (message) {
        packet.has_message = true;
        packet.message = *message;
        from->sequence += wire_tcp_payload(message);
    }
    from->sequence += (flags & (TCP_SYN | TCP_FIN)) != 0;
    schedule(generator, &packet);
}

/* A connection for one question. */
static void converse(struct generator *generator, const struct endpoint *client,
                     const struct endpoint *service, const struct message *question,
                     const struct message *response, uint64_t done_us)
{
    uint64_t now_us = generator->now_us;
    struct side ours = {*client, draw(generator, UINT32_MAX)};
    struct side theirs = {*service, draw(generator, UINT32_MAX)};

    send_segment(generator, now_us, &ours, &theirs, TCP_SYN, NULL);
    send_segment(generator, now_us, &theirs, &ours, TCP_SYN | TCP_ACK, NULL);
    send_segment(generator, now_us, &ours, &theirs, TCP_ACK, NULL);
    send_segment(generator, now_us, &ours, &theirs, TCP_PSH | TCP_ACK, question);
    send_segment(generator, done_us, &theirs, &ours, TCP_PSH | TCP_ACK, response);
    send_segment(generator, done_us + 500, &ours, &theirs, TCP_FIN | TCP_ACK, NULL);
    send_segment(generator, done_us + 600, &theirs, &ours, TCP_FIN | TCP_ACK, NULL);
    send_segment(generator, done_us + 1000, &ours, &theirs, TCP_ACK, NULL);
}

static void question(struct generator *generator)
{
    struct endpoint client = draw_client(generator);
    const struct endpoint *service = &services[client.ipv6];
    struct message query = {.id = (uint16_t)draw(generator, 65536),
                            .flags = RD,
                            .type = draw(generator, 4) ? TYPE_A : TYPE_AAAA,
                            .domain = draw_rank(generator),
                            .host = (uint8_t)draw(generator, HOSTS),
                            .edns = draw(generator, 10) < 8};
    enum manner manner = manner_of(query.domain);
    struct message response = query;
    uint64_t done_us;

    generator->questions++;
    if (manner == GOOD) {
        done_us = resolve(generator, &query);
        response.flags = QR | RD | RA;
        response.content = CONTENT_ADDRESS;
    } else {
        done_us = resolve_broken(generator, &query, manner);
        response.flags = QR | RD | RA | SERVFAIL;
    }
    if (draw(generator, 100) == 0) {
        converse(generator, &client, service, &query, &response, done_us);
        return;
    }
    say(generator, generator->now_us, &client, service, &query);
    if (draw(generator, 1000) > 0) /* some are lost */
        say(generator, done_us, service, &client, &response);
}

/* What is no DNS, or none that anybody asked for. */
static void make_noise(struct generator *generator)
{
    struct endpoint from = draw_client(generator), to = services[from.ipv6];
    struct packet packet = {.time_us = generator->now_us};

    if (draw(generator, 4) == 0) {
        from.port = 53;
        to = egresses[from.ipv6];
        to.port = (uint16_t)(1024 + draw(generator, 60000));
        packet.has_message = true;
        packet.message = (struct message){.id = (uint16_t)draw(generator, 65536),
                                          .flags = QR | AA,
                                          .type = TYPE_A,
                                          .domain = draw_rank(generator),
                                          .content = CONTENT_ADDRESS};
    } else {
        to.port = draw(generator, 2) ? 123 : 443;
    }
    packet.from = from;
    packet.to = to;
    schedule(generator, &packet);
}

static void write_until(struct generator *generator, uint64_t time_us)
{
    while (generator->heap_size > 0 && generator->heap[0].time_us <= time_us &&
           generator->written < generator->limit) {
        const struct packet *packet = &generator->packets[take_first(generator)];
        uint16_t flags = packet->message.flags;

        wire_write(stdout, packet);
        generator->written++;
        generator->servfails +=
            packet->has_message && (flags & (QR | RA)) == (QR | RA) && (flags & 0xf) == SERVFAIL;
    }
}

static int tell_truth(const struct generator *generator, const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return -1;
    fprintf(file, "packets %llu\nquestions %llu\nservfails %llu\nremembered %llu\n",
            (unsigned long long)generator->written, (unsigned long long)generator->questions,
            (unsigned long long)generator->servfails, (unsigned long long)generator->remembered);
    for (unsigned manner = REFUSES; manner < MANNERS; manner++)
        fprintf(file, "failed.%s %llu\n", fates[manner].code,
                (unsigned long long)generator->failed[manner]);
    return fclose(file);
}

static uint64_t argument(int argc, char **argv, int index, uint64_t otherwise)
{
    return argc > index ? strtoull(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t rate = argument(argc, argv, 7, QUESTIONS_PER_SECOND);
    struct generator generator = {
        .now_us = argument(argc, argv, 6, START_SECONDS) * 1000000,
        .limit = argument(argc, argv, 1, 0),
        .names = (uint32_t)argument(argc, argv, 2, 100000),
        .clients = (uint32_t)argument(argc, argv, 3, 50000),
        .random = argument(argc, argv, 4, 88172645463325252) | 1,
    };

    if (generator.limit == 0 || generator.names == 0 || generator.clients == 0 || rate == 0) {
        fprintf(stderr, "usage: generate PACKETS [NAMES [CLIENTS [SEED [TRUTH [START [RATE]]]]]] > "
                        "FILE.pcap\n");
        return 2;
    }
    generator.failures = calloc(generator.names, sizeof(*generator.failures));
    if (!generator.failures)
        return 1;
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    wire_begin(stdout);
    while (generator.written < generator.limit) {
        write_until(&generator, generator.now_us);
        question(&generator);
        if (draw(&generator, 50) == 0)
            make_noise(&generator);
        generator.now_us += 1000000 / rate;
    }
    free(generator.heap);
    free(generator.packets);
    free(generator.free_slots);
    free(generator.failures);
    if (fflush(stdout) != 0 || (argc > 5 && tell_truth(&generator, argv[5]) != 0))
        return 1;
    return 0;
}
