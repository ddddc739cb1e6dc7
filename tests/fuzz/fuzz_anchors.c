/* The input is a file of trust anchors. */
#include "correlate/anchors.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_SIZE];
    int file = fuzz_file(data, size, path);
    struct error error;
    struct anchors *anchors = anchors_load(path, &error);
    const struct name root = {1, {0}};
    const struct anchor *anchor;
    struct name closest;

    if (anchors != NULL) {
        for (size_t i = 0; (anchor = anchors_find(anchors, &root, i)) != NULL; i++)
            free(fuzz_copy(anchor->rdata, anchor->rdata_size));
        anchors_closest(anchors, &root, &closest);
    } else if (strlen(error.text) == 0 || strchr(error.text, '\n') != NULL) {
        abort();
    }
    anchors_free(anchors);
    close(file);
    return 0;
}
