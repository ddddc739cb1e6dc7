#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"

#define SELF_SIZE    32
#define ATTEMPTS_MAX 100

static int failed(const struct output_file *file, struct error *error)
{
    return error_set(error, "%s: %s", file->name, strerror(errno));
}

/* How a file that is open is called, whether or not it has a name. */
static void name_descriptor(char self[static SELF_SIZE], int descriptor)
{
    snprintf(self, SELF_SIZE, "/proc/self/fd/%d", descriptor);
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

/* A file that nobody sees: nothing stays of it where the program is killed. -1: there is none in
 * this folder, or it could not be given a name afterwards. */
static int open_nameless(const char *place)
{
    char folder[PATH_MAX], self[SELF_SIZE];
    int descriptor;

    memcpy(folder, place, strlen(place) + 1);
    descriptor = open(dirname(folder), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return -1;
    name_descriptor(self, descriptor);
    if (access(self, F_OK) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

/* NULL: nothing can be made beside its place. */
static FILE *open_beside(struct output_file *file, const struct stat *before)
{
    int descriptor = open_nameless(file->place);
    FILE *stream = NULL;

    if (descriptor < 0 && snprintf(file->beside, sizeof(file->beside), "%s.XXXXXX", file->place) <
                              (int)sizeof(file->beside))
        descriptor = mkostemp(file->beside, O_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    if (keep_access(descriptor, before) == 0)
        stream = fdopen(descriptor, "w");
    if (stream == NULL) {
        close(descriptor);
        if (file->beside[0] != '\0')
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
    file->place[0] = '\0';
    file->beside[0] = '\0';
    file->stream = fopen(path, "w");
    return file->stream != NULL ? 0 : failed(file, error);
}

/* A link takes nobody's place, as a rename does: so the file gets a name beside its place first. */
static int give_name(struct output_file *file)
{
    char self[SELF_SIZE];

    name_descriptor(self, fileno(file->stream));
    for (unsigned attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        if (snprintf(file->beside, sizeof(file->beside), "%s.%d.%u", file->place, (int)getpid(),
                     attempt) >= (int)sizeof(file->beside)) {
            errno = ENAMETOOLONG;
            break;
        }
        if (linkat(AT_FDCWD, self, AT_FDCWD, file->beside, AT_SYMLINK_FOLLOW) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    file->beside[0] = '\0';
    return -1;
}

int output_file_finish(struct output_file *file, struct error *error)
{
    int status = output_finish(file->stream, file->name, error);

    if (status == 0 && file->place[0] != '\0' && file->beside[0] == '\0' && give_name(file) < 0)
        status = failed(file, error);
    if (fclose(file->stream) == EOF && status == 0)
        status = failed(file, error);
    if (status == 0 && file->place[0] != '\0' && rename(file->beside, file->place) < 0)
        status = failed(file, error);
    if (status < 0 && file->beside[0] != '\0')
        unlink(file->beside);
    return status;
}

void output_file_discard(struct output_file *file)
{
    fclose(file->stream);
    if (file->beside[0] != '\0')
        unlink(file->beside);
}
