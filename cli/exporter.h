/* Serves the metrics over HTTP: GET /metrics for Prometheus, GET /healthz for whoever asks whether
 * the program does its work (200 "ok", or 503 and the reason). On a thread of its own, which sees
 * values only as they are published: nothing waits for a client. A client has a few seconds and a
 * few KiB, and there are only so many of them.
 *
 * In order: exporter_open() while privileges are there (the socket), then the privileges go, then
 * exporter_start() (the thread, which has what its starter has left). The thread needs of the
 * kernel: accept4, recvfrom, sendto, sendmsg, shutdown, close, epoll_create1, epoll_ctl,
 * epoll_wait, eventfd2, read, write, pread64, clock_gettime, fcntl, setsockopt, getsockopt,
 * getsockname, futex, and what memory and threads take. */
#ifndef CLI_EXPORTER_H
#define CLI_EXPORTER_H

#include "capture/error.h"
#include "cli/metrics.h"

struct exporter;

/* "PORT" (of 127.0.0.1), "ADDRESS:PORT", "[ADDRESS]:PORT": 0, or -1 and what is wrong with it. */
int exporter_check(const char *where, struct error *error);

/* Takes the address. NULL: `error` says why. */
struct exporter *exporter_open(const char *where, struct error *error);
int exporter_start(struct exporter *exporter, struct error *error);
void exporter_close(struct exporter *exporter); /* NULL is fine */

/* These are the values from now on. A copy: cheap enough for once a second. */
void exporter_publish(struct exporter *exporter, const struct metrics *metrics);

#endif
