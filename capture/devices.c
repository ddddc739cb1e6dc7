#include "capture/devices.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "capture/chunk.h"
#include "capture/clock.h"
#include "capture/device_filter.h"
#include "capture/window.h"

#define SNAP_LENGTH 262144
/* The kernel hands over a block of its ring when it is full or has been open for so long. */
#define BLOCK_MS 100
/* So long after its time a frame has been handed over: the kernel looks twice before it closes a
 * block. */
#define LATENESS_NS (INT64_C(5) * BLOCK_MS / 2 * 1000000)
#define HELD_MS     50 /* how often to look while frames are held back */

#define CHUNK_BYTES (256u << 10)
#define BATCH       64

#define LINK_TYPE_RAW 101 /* which is DLT_RAW in files */

struct device {
    char *name;
    pcap_t *pcap;
    struct devices *devices;
    uint32_t source;
    uint32_t link_type;
    uint64_t number; /* of frames */

    struct fetched {
        struct frame frame;
        struct chunk *chunk; /* holds its bytes, retained */
    } queue[BATCH];          /* in the order of the ring */
    unsigned queue_first;
    unsigned queue_count;
    int64_t drained_ns; /* when there was nothing to fetch, last */

    struct pcap_stat seen; /* libpcap's counters, which wrap, as they were last */
    struct device_counters counters;
};

struct devices {
    struct device *items;
    size_t count;
    struct pollfd *polled; /* the devices, then the caller's descriptor */
    struct chunk_pool pool;
    struct chunk *chunk; /* where the next frame goes */
    size_t used_bytes;   /* of it */
    struct chunk *lent[DEVICES_LENT];
    size_t lent_next;
    struct window window;
    int64_t now_ns; /* by the clock that stamps the frames */
    bool stopped;
    bool out_of_memory;
};

/* Opening */

static int apply_filter(struct device *device, const struct devices_options *options, bool *misused,
                        struct error *error)
{
    struct bpf_program program = {0};
    struct device_filter built_in;
    int status;

    if (options->filter != NULL && options->filter[0] != '\0') {
        if (pcap_compile(device->pcap, &program, options->filter, 1, PCAP_NETMASK_UNKNOWN) < 0) {
            *misused = true;
            return error_set(error, "%s: filter \"%s\": %s", device->name, options->filter,
                             pcap_geterr(device->pcap));
        }
        status = pcap_setfilter(device->pcap, &program);
        pcap_freecode(&program);
    } else {
        if (device_filter_build(&built_in, pcap_datalink(device->pcap), options->ports,
                                options->port_count) < 0)
            return 0;
        program.bf_insns = built_in.instructions;
        program.bf_len = built_in.count;
        status = pcap_setfilter(device->pcap, &program);
    }
    if (status < 0)
        return error_set(error, "%s: %s", device->name, pcap_geterr(device->pcap));
    return 0;
}

static const char *explain(int status)
{
    if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
        return "capturing needs root or CAP_NET_RAW";
    return NULL;
}

static int activate(struct device *device, const struct devices_options *options,
                    struct error *error)
{
    pcap_t *pcap = device->pcap;
    const char *why;
    int status;

    pcap_set_snaplen(pcap, SNAP_LENGTH);
    pcap_set_promisc(pcap, options->promiscuous);
    pcap_set_timeout(pcap, BLOCK_MS);
    pcap_set_buffer_size(pcap, (int)options->ring_bytes);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    status = pcap_activate(pcap);
    if (status >= 0)
        return 0;
    why = explain(status);
    if (why == NULL)
        why = status == PCAP_ERROR ? pcap_geterr(pcap) : pcap_statustostr(status);
    return error_set(error, "%s: %s", device->name, why);
}

static int open_device(struct device *device, const struct devices_options *options, bool *misused,
                       struct error *error)
{
    char text[PCAP_ERRBUF_SIZE];
    int link_type;

    device->pcap = pcap_create(device->name, text);
    if (device->pcap == NULL)
        return error_set(error, "%s: %s", device->name, text);
    if (activate(device, options, error) < 0)
        return -1;
    /* "any" can say which interface a frame came by. Others know only one link type. */
    pcap_set_datalink(device->pcap, DLT_LINUX_SLL2);
    link_type = pcap_datalink(device->pcap);
    device->link_type = link_type == DLT_RAW ? LINK_TYPE_RAW : (uint32_t)link_type;
    if (pcap_get_tstamp_precision(device->pcap) != PCAP_TSTAMP_PRECISION_NANO)
        return error_set(error, "%s: has no time stamps in nanoseconds", device->name);
    if (apply_filter(device, options, misused, error) < 0)
        return -1;
    if (pcap_setnonblock(device->pcap, 1, text) < 0)
        return error_set(error, "%s: %s", device->name, text);
    return 0;
}

static int prepare(struct devices *devices, const char *const *names, size_t count,
                   const struct devices_options *options, bool *misused, struct error *error)
{
    chunk_pool_init(&devices->pool, CHUNK_BYTES);
    devices->items = calloc(count, sizeof(*devices->items));
    devices->polled = calloc(count + 1, sizeof(*devices->polled));
    if (devices->items == NULL || devices->polled == NULL)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct device *device = &devices->items[i];

        devices->count++;
        device->devices = devices;
        device->source = (uint32_t)i;
        device->name = strdup(names[i]);
        if (device->name == NULL)
            return error_set(error, "out of memory");
        if (open_device(device, options, misused, error) < 0)
            return -1;
        devices->polled[i] =
            (struct pollfd){.fd = pcap_get_selectable_fd(device->pcap), .events = POLLIN};
    }
    return 0;
}

struct devices *devices_open(const char *const *names, size_t count,
                             const struct devices_options *options, bool *misused,
                             struct error *error)
{
    struct devices *devices = calloc(1, sizeof(*devices));

    *misused = false;
    if (devices == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (prepare(devices, names, count, options, misused, error) < 0) {
        devices_close(devices);
        return NULL;
    }
    return devices;
}

/* Fetching */

static uint8_t *claim_bytes(struct devices *devices, uint32_t size)
{
    uint8_t *bytes;

    if (devices->chunk == NULL || devices->chunk->capacity - devices->used_bytes < size) {
        if (devices->chunk != NULL)
            chunk_release(devices->chunk);
        devices->chunk = chunk_claim(&devices->pool, size);
        devices->used_bytes = 0;
        if (devices->chunk == NULL)
            return NULL;
    }
    bytes = devices->chunk->bytes + devices->used_bytes;
    devices->used_bytes += size;
    return bytes;
}

static void take_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *packet)
{
    struct device *device = (struct device *)context;
    struct devices *devices = device->devices;
    uint8_t *bytes = claim_bytes(devices, header->caplen);
    struct fetched *fetched = &device->queue[device->queue_count];

    if (bytes == NULL || device->queue_count == BATCH) {
        devices->out_of_memory = true;
        return;
    }
    memcpy(bytes, packet, header->caplen);
    fetched->chunk = devices->chunk;
    chunk_retain(fetched->chunk);
    fetched->frame = (struct frame){
        /* What stands in tv_usec are nanoseconds. */
        .time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec,
        .bytes = bytes,
        .size_bytes = header->caplen,
        .wire_bytes = header->len,
        .link_type = device->link_type,
        .source = device->source,
        .number = ++device->number,
    };
    device->queue_count++;
}

static int fetch(struct device *device, struct error *error)
{
    struct devices *devices = device->devices;
    int status;

    device->queue_first = device->queue_count = 0;
    status = pcap_dispatch(device->pcap, BATCH, take_packet, (u_char *)device);
    if (status == PCAP_ERROR)
        return error_set(error, "%s: %s", device->name, pcap_geterr(device->pcap));
    if (devices->out_of_memory)
        return error_set(error, "%s: out of memory", device->name);
    if (device->queue_count == 0)
        device->drained_ns = devices->now_ns;
    return 0;
}

/* Those that have nothing at hand are asked again. */
static int fetch_all(struct devices *devices, struct error *error)
{
    devices->now_ns = clock_read_ns(CLOCK_REALTIME);
    for (size_t i = 0; i < devices->count && !devices->stopped; i++) {
        struct device *device = &devices->items[i];

        if (device->queue_first == device->queue_count && fetch(device, error) < 0)
            return -1;
    }
    return 0;
}

static const struct frame *head(const struct device *device)
{
    return device->queue_first < device->queue_count ? &device->queue[device->queue_first].frame
                                                     : NULL;
}

static struct device *earliest(struct devices *devices)
{
    struct device *found = NULL;

    for (size_t i = 0; i < devices->count; i++) {
        struct device *device = &devices->items[i];

        if (head(device) != NULL && (found == NULL || head(device)->time_ns < head(found)->time_ns))
            found = device;
    }
    return found;
}

/* Nothing earlier than this frame can come any more. Where the clock was set back it lies in the
 * future, and nothing is waited for. */
static bool is_settled(const struct devices *devices, int64_t time_ns, int64_t seen_until_ns)
{
    return devices->stopped || seen_until_ns < time_ns || seen_until_ns - time_ns >= LATENESS_NS;
}

static bool may_leave(const struct devices *devices, const struct device *device)
{
    for (size_t i = 0; i < devices->count; i++) {
        const struct device *other = &devices->items[i];

        if (head(other) == NULL && !is_settled(devices, head(device)->time_ns, other->drained_ns))
            return false;
    }
    return true;
}

/* Moves what is the earliest of all for certain into the window. */
static void fill_window(struct devices *devices)
{
    struct window *window = &devices->window;
    struct device *device;

    while (!window_is_full(window) && (device = earliest(devices)) != NULL &&
           may_leave(devices, device)) {
        struct fetched *fetched = &device->queue[device->queue_first++];
        size_t room;

        *window_room(window, &room) = fetched->frame;
        window_push(window, 1, fetched->chunk);
        chunk_release(fetched->chunk);
    }
}

static void lend(struct devices *devices, struct chunk *chunk)
{
    struct chunk **place = &devices->lent[devices->lent_next++ % DEVICES_LENT];

    if (*place != NULL)
        chunk_release(*place);
    if (chunk != NULL)
        chunk_retain(chunk);
    *place = chunk;
}

/* The window fills as long as there is anything to fetch; what stays in it leaves with age. */
int devices_next(struct devices *devices, struct frame *frame, struct error *error)
{
    struct window *window = &devices->window;
    const struct frame *first = window_first(window);
    size_t before;

    do {
        fill_window(devices);
        before = window_count(window);
        if (window_is_full(window))
            break;
        if (fetch_all(devices, error) < 0)
            return -1;
        fill_window(devices);
    } while (window_count(window) > before);
    if (window_count(window) == 0)
        return 0;
    if (!window_is_full(window) && !is_settled(devices, first->time_ns, devices->now_ns))
        return 0;
    lend(devices, window_first_chunk(window));
    window_take(window, 1, &first);
    *frame = *first;
    return 1;
}

static bool holds_frames(const struct devices *devices)
{
    bool held = window_count(&devices->window) > 0;

    for (size_t i = 0; i < devices->count; i++)
        held |= head(&devices->items[i]) != NULL;
    return held;
}

void devices_wait(struct devices *devices, int descriptor, int timeout_ms)
{
    size_t count = devices->count;

    for (size_t i = 0; i < count; i++) {
        struct device *device = &devices->items[i];

        /* One that has frames at hand waits for the others, and would end the wait at once. */
        devices->polled[i].fd = head(device) != NULL ? -1 : pcap_get_selectable_fd(device->pcap);
        /* A device that is down is to be looked at: only so it shows that it is gone. */
        if (pcap_get_required_select_timeout(device->pcap) != NULL && timeout_ms > HELD_MS)
            timeout_ms = HELD_MS;
    }
    if (holds_frames(devices) && timeout_ms > HELD_MS)
        timeout_ms = HELD_MS;
    devices->polled[count] = (struct pollfd){.fd = descriptor, .events = POLLIN};
    poll(devices->polled, count + 1, timeout_ms);
}

void devices_stop(struct devices *devices)
{
    devices->stopped = true;
}

void devices_close(struct devices *devices)
{
    if (devices == NULL)
        return;
    for (size_t i = 0; i < devices->count; i++) {
        struct device *device = &devices->items[i];

        while (device->queue_first < device->queue_count)
            chunk_release(device->queue[device->queue_first++].chunk);
        if (device->pcap != NULL)
            pcap_close(device->pcap);
        free(device->name);
    }
    for (size_t i = 0; i < DEVICES_LENT; i++)
        lend(devices, NULL);
    window_clear(&devices->window);
    if (devices->chunk != NULL)
        chunk_release(devices->chunk);
    chunk_pool_clear(&devices->pool);
    free(devices->items);
    free(devices->polled);
    free(devices);
}

size_t devices_count(const struct devices *devices)
{
    return devices->count;
}

const char *devices_name(const struct devices *devices, uint32_t source)
{
    return source < devices->count ? devices->items[source].name : "";
}

/* libpcap looks often at a device that said that it is down, to learn whether it is gone. */
bool devices_is_up(const struct devices *devices, uint32_t source)
{
    return pcap_get_required_select_timeout(devices->items[source].pcap) == NULL;
}

int devices_counters(struct devices *devices, uint32_t source, struct device_counters *counters,
                     struct error *error)
{
    struct device *device = &devices->items[source];
    const struct pcap_stat *seen = &device->seen;
    struct pcap_stat now;

    if (pcap_stats(device->pcap, &now) < 0)
        return error_set(error, "%s: %s", device->name, pcap_geterr(device->pcap));
    device->counters.received += (u_int)(now.ps_recv - seen->ps_recv);
    device->counters.kernel_dropped += (u_int)(now.ps_drop - seen->ps_drop);
    device->counters.interface_dropped += (u_int)(now.ps_ifdrop - seen->ps_ifdrop);
    device->seen = now;
    *counters = device->counters;
    return 0;
}
