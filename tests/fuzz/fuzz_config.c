/* The input is a configuration file. */
#include "cli/options.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_SIZE];
    int file = fuzz_file(data, size, path);
    struct options options = {.grace_ns = -1};
    struct error error;

    for (unsigned command = 1; command < FOR_ALL; command <<= 1) {
        error.text[0] = '\0';
        if (options_read_file(&options, command, path, &error) < 0 && error.text[0] == '\0')
            abort();
    }
    options_clear(&options);
    close(file);
    return 0;
}
