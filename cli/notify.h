/* Tells the service manager how it goes: sd_notify(3)'s protocol, over a socket that is connected
 * once. libsystemd's own function opens a new one each time, which a sandbox does not allow. */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

#include <stdint.h>

#include "capture/error.h"

struct notify {
    int socket;          /* -1: nobody wants to know */
    int64_t watchdog_ns; /* how often to say WATCHDOG=1, half of what was asked for; 0: never */
};

/* By $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. -1: there is a socket, and it cannot be
 * connected. */
int notify_open(struct notify *notify, struct error *error);
void notify_close(struct notify *notify);

/* "READY=1", "STATUS=..."; never waits. */
void notify_send(const struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
