/* Two that watch the same interface into one database would count each packet twice: a lock for
 * each interface and sensor, on a byte of the database's own that SQLite does not lock, and that
 * goes with the process, however it ends. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/watch.h"
#include "decode/hash.h"

/* Beyond SQLite's bytes at 1 GiB, below what a file offset can always be. */
#define FIRST_BYTE 0x7f000000
#define BYTES      0x00ffffff

static off_t byte_of(const char *sensor, const char *interface)
{
    uint64_t hash = hash_stable(sensor, strlen(sensor) + 1);

    return FIRST_BYTE + (off_t)((hash ^ hash_stable(interface, strlen(interface))) % BYTES);
}

int watch_lock(const struct watch *watch, const char *path, struct error *error)
{
    /* Never closed: with any of its descriptors a process loses SQLite's locks, too. */
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (file < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    for (uint32_t i = 0; i < devices_count(watch->devices); i++) {
        const char *interface = devices_name(watch->devices, i);
        struct flock lock = {.l_type = F_WRLCK,
                             .l_whence = SEEK_SET,
                             .l_start = byte_of(watch->pipeline.sensor, interface),
                             .l_len = 1};

        if (fcntl(file, F_OFD_SETLK, &lock) < 0 && (errno == EAGAIN || errno == EACCES))
            return error_set(error,
                             "%s: %s is already being watched into this database, as sensor %s; "
                             "without --db, -v shows what happens",
                             path, interface, watch->pipeline.sensor);
    }
    return 0;
}
