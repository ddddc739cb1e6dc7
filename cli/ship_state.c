#include "cli/ship_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode/hash.h"

#define STATE_MAX (1 << 20)

char *ship_state_path(const char *database, const char *target)
{
    char *path = NULL;

    if (asprintf(&path, "%s.shipped-%08" PRIx32, database,
                 (uint32_t)hash_stable(target, strlen(target))) < 0)
        return NULL;
    return path;
}

static int failed(const char *path, struct error *error)
{
    return error_set(error, "%s: %s", path, strerror(errno));
}

char *ship_state_read(const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    char *text;
    size_t size;

    error->text[0] = '\0';
    if (file == NULL) {
        if (errno != ENOENT)
            failed(path, error);
        return NULL;
    }
    text = malloc(STATE_MAX + 1);
    if (text == NULL) {
        error_set(error, "%s: out of memory", path);
        fclose(file);
        return NULL;
    }
    size = fread(text, 1, STATE_MAX, file);
    text[size] = '\0';
    if (ferror(file)) {
        failed(path, error);
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

/* The file is on the disk, the name of it maybe not yet. */
static int write_file(const char *path, const char *text, struct error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    size_t size = strlen(text);
    int status = 0;

    if (file < 0)
        return failed(path, error);
    while (size > 0 && status == 0) {
        ssize_t written = write(file, text, size);

        if (written < 0) {
            status = errno == EINTR ? 0 : failed(path, error);
            continue;
        }
        text += written;
        size -= (size_t)written;
    }
    if (status == 0 && fsync(file) < 0)
        status = failed(path, error);
    close(file);
    return status;
}

static int sync_folder(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    int file = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int status = file >= 0 && fsync(file) == 0 ? 0 : failed(path, error);

    if (file >= 0)
        close(file);
    free(folder);
    return status;
}

int ship_state_write(const char *path, const char *text, struct error *error)
{
    char *fresh = NULL;
    int status;

    if (asprintf(&fresh, "%s.new", path) < 0)
        return error_set(error, "%s: out of memory", path);
    status = write_file(fresh, text, error);
    if (status == 0 && rename(fresh, path) < 0)
        status = failed(path, error);
    if (status == 0)
        status = sync_folder(path, error);
    if (status < 0)
        unlink(fresh);
    free(fresh);
    return status;
}
