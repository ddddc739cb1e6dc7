/* Runs a harness over files and folders of inputs, in place of libFuzzer: the ordinary test run
 * replays the corpora. With --change, also with each octet of small inputs changed. The harness
 * aborts, or a sanitizer speaks, where something is wrong. */
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "fuzz.h"

#define CHANGED_MAX 200

static void run_changed(uint8_t *bytes, size_t size)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};

    for (size_t i = 0; i < size; i++) {
        for (size_t j = 0; j < sizeof(changes); j++) {
            bytes[i] ^= changes[j];
            LLVMFuzzerTestOneInput(bytes, size);
            bytes[i] ^= changes[j];
        }
    }
}

/* How many inputs there were; -1: it cannot be read. */
static int run_file(const char *path, size_t size, bool change)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(size + 1);

    if (file == NULL || bytes == NULL || fread(bytes, 1, size, file) != size) {
        perror(path);
        if (file != NULL)
            fclose(file);
        free(bytes);
        return -1;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    if (change && size <= CHANGED_MAX)
        run_changed(bytes, size);
    free(bytes);
    return 1;
}

static int run_path(const char *path, bool change);

static int run_folder(DIR *folder, const char *path, bool change)
{
    const struct dirent *entry;
    int count = 0, status = 0;

    while (status >= 0 && (entry = readdir(folder)) != NULL) {
        char name[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        status = run_path(name, change);
        count += status;
    }
    closedir(folder);
    return status < 0 ? -1 : count;
}

static int run_path(const char *path, bool change)
{
    struct stat status;
    DIR *folder = opendir(path);

    if (folder != NULL)
        return run_folder(folder, path, change);
    if (stat(path, &status) == 0)
        return run_file(path, (size_t)status.st_size, change);
    perror(path);
    return -1;
}

int main(int argc, char **argv)
{
    bool change = argc > 1 && strcmp(argv[1], "--change") == 0;
    int count = 0;

    for (int i = change ? 2 : 1; i < argc; i++) {
        int inputs = run_path(argv[i], change);

        if (inputs < 0)
            return 1;
        count += inputs;
    }
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
