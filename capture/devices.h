/* Frames from network devices, as they come, several devices merged in time order.
 *
 * The kernel keeps what was not fetched yet in a ring for each device (TPACKET_V3), and counts what
 * did not fit. A device that has nothing for a moment is waited for, so that a frame of it that is
 * on its way takes its place; the wait is bounded. What is slightly out of order is straightened as
 * in files. Frames may be held back for a fraction of a second. */
#ifndef CAPTURE_DEVICES_H
#define CAPTURE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "capture/frame.h"

struct devices;

struct devices_options {
    const char *filter;    /* BPF, NULL: what may hold DNS or tell of it (device_filter.h) */
    const uint16_t *ports; /* that DNS has, for the latter */
    size_t port_count;
    uint64_t ring_bytes; /* of each device */
    bool promiscuous;
};

/* Since it was opened; each lost packet counts once. */
struct device_counters {
    uint64_t received;          /* that passed the filter, dropped ones included */
    uint64_t kernel_dropped;    /* for want of room in the ring */
    uint64_t interface_dropped; /* that the interface lost itself */
};

/* "any" is all of them. NULL: `error` names the device; *misused: it is the filter. */
struct devices *devices_open(const char *const *names, size_t count,
                             const struct devices_options *options, bool *misused,
                             struct error *error);
void devices_close(struct devices *devices); /* NULL is fine */

/* How long a frame's bytes stay: until this many calls of devices_next() later. */
#define DEVICES_LENT 32

/* 1: a frame; 0: nothing for now, see devices_wait(); -1: a device is gone for good, or cannot be
 * read. A device that is down is silent. */
int devices_next(struct devices *devices, struct frame *frame, struct error *error);
/* Until there may be a frame, `descriptor` can be read (-1: none), or `timeout_ms` are over. */
void devices_wait(struct devices *devices, int descriptor, int timeout_ms);
/* Fetches nothing more: devices_next() hands out what is held, then 0 for ever. */
void devices_stop(struct devices *devices);

size_t devices_count(const struct devices *devices);
const char *devices_name(const struct devices *devices, uint32_t source);
/* A device that is down gives no packets, and comes back with the next that it gives. */
bool devices_is_up(const struct devices *devices, uint32_t source);
/* -1: it cannot tell. */
int devices_counters(struct devices *devices, uint32_t source, struct device_counters *counters,
                     struct error *error);

#endif
