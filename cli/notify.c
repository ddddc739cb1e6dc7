#include "cli/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/values.h"

static int64_t watchdog_interval_ns(void)
{
    const char *interval = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t number;

    if (pid != NULL && (value_number(pid, 1, INT32_MAX, &number, "process", NULL) < 0 ||
                        (pid_t)number != getpid()))
        return 0;
    if (interval == NULL ||
        value_number(interval, 1, INT64_MAX / 1000, &number, "number", NULL) < 0)
        return 0;
    return (int64_t)number * 1000 / 2;
}

int notify_open(struct notify *notify, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t size = path == NULL ? 0 : strlen(path);

    *notify = (struct notify){.socket = -1};
    if (size == 0)
        return 0;
    if (size >= sizeof(address.sun_path))
        return error_set(error, "NOTIFY_SOCKET: '%s' is too long", path);
    memcpy(address.sun_path, path, size);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    notify->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->socket < 0 ||
        connect(notify->socket, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0) {
        error_set(error, "NOTIFY_SOCKET: '%s': %s", path, strerror(errno));
        notify_close(notify);
        return -1;
    }
    notify->watchdog_ns = watchdog_interval_ns();
    return 0;
}

void notify_close(struct notify *notify)
{
    if (notify->socket >= 0)
        close(notify->socket);
    notify->socket = -1;
}

void notify_send(const struct notify *notify, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (notify->socket < 0)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    /* Whoever does not listen misses it. */
    send(notify->socket, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}
