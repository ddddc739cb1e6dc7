/* The whole message, decoded by ldns as an incident's are. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *wire = fuzz_copy(data, size);

    message_check(wire, size);
    free(wire);
    return 0;
}
