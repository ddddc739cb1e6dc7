/* Databases in a folder that goes away after the test. */
#ifndef TESTS_DATABASES_H
#define TESTS_DATABASES_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    char path[96];
};

static int make_folder(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof(fixture->folder), "%s/dnsblame-test-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/x.db", fixture->folder);
    *state = fixture;
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct fixture *fixture = *state;
    char path[128];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

#endif
