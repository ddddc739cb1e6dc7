#include "cli/output_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"

static int failed(const struct output_file *file, struct error *error)
{
    return error_set(error, "%s: %s", file->name, strerror(errno));
}

/* As a file that is made anew. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

/* The same people may read it afterwards as before. Whose it was only root can keep up. */
static int keep_access(int descriptor, const struct stat *before)
{
    if (before != NULL && fchown(descriptor, before->st_uid, before->st_gid) < 0 && errno != EPERM)
        return -1;
    return fchmod(descriptor, before != NULL ? before->st_mode & 07777 : usual_mode());
}

/* NULL: nothing can be made beside its place. */
static FILE *open_beside(struct output_file *file, const struct stat *before)
{
    FILE *stream = NULL;
    int descriptor;

    if (snprintf(file->beside, sizeof(file->beside), "%s.XXXXXX", file->place) >=
        (int)sizeof(file->beside))
        return NULL;
    descriptor = mkstemp(file->beside);
    if (descriptor < 0)
        return NULL;
    if (keep_access(descriptor, before) == 0)
        stream = fdopen(descriptor, "w");
    if (stream == NULL) {
        close(descriptor);
        unlink(file->beside);
    }
    return stream;
}

int output_file_open(struct output_file *file, const char *path, struct error *error)
{
    struct stat before;
    bool exists = stat(path, &before) == 0;

    *file = (struct output_file){.name = path};
    if (exists ? S_ISREG(before.st_mode) && realpath(path, file->place) != NULL
               : snprintf(file->place, sizeof(file->place), "%s", path) < PATH_MAX)
        file->stream = open_beside(file, exists ? &before : NULL);
    if (file->stream != NULL)
        return 0;
    file->beside[0] = '\0';
    file->stream = fopen(path, "w");
    return file->stream != NULL ? 0 : failed(file, error);
}

int output_file_finish(struct output_file *file, struct error *error)
{
    int status = output_finish(file->stream, file->name, error);

    if (fclose(file->stream) == EOF && status == 0)
        status = failed(file, error);
    if (file->beside[0] == '\0')
        return status;
    if (status == 0 && rename(file->beside, file->place) < 0)
        status = failed(file, error);
    if (status < 0)
        unlink(file->beside);
    return status;
}

void output_file_discard(struct output_file *file)
{
    fclose(file->stream);
    if (file->beside[0] != '\0')
        unlink(file->beside);
}
