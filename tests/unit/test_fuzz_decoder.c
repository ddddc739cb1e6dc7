/* Replays the fuzzer's corpus in the ordinary test run, each capture as it is and with each of its
 * octets changed: the harness aborts, or a sanitizer speaks, where something is wrong. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../fuzz/fuzz_decoder.c"

#define CORPUS "tests/fuzz/corpus/decoder"

static size_t read_entry(const char *name, uint8_t *bytes, size_t size)
{
    char path[512];
    FILE *file;
    size_t got;

    snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    got = fread(bytes, 1, size, file);
    fclose(file);
    return got;
}

static void the_corpus_passes_whichever_octet_is_changed(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    DIR *directory = opendir(CORPUS);
    const struct dirent *entry;
    unsigned count = 0;

    (void)state;
    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        uint8_t bytes[4096];
        size_t size;

        if (entry->d_name[0] == '.')
            continue;
        size = read_entry(entry->d_name, bytes, sizeof(bytes));
        LLVMFuzzerTestOneInput(bytes, size);
        for (size_t i = 0; i < size; i++) {
            for (size_t j = 0; j < sizeof(changes); j++) {
                bytes[i] ^= changes[j];
                LLVMFuzzerTestOneInput(bytes, size);
                bytes[i] ^= changes[j];
            }
        }
        count++;
    }
    closedir(directory);
    assert_true(count >= 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_passes_whichever_octet_is_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
