/* Becoming nobody in particular: another user, no capabilities, none to come. */
#ifndef CLI_PRIVILEGES_H
#define CLI_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "capture/error.h"

struct privileges {
    bool changes_user; /* it is root who starts the program */
    char user[256];
    uid_t uid;
    gid_t gid;
};

/* Whom to become: `user`, or without one dnsblame if there is such a user, else nobody. Who is not
 * root stays who he is (naming somebody else is an error). */
int privileges_choose(struct privileges *privileges, const char *user, struct error *error);

/* As root: the files of a database that is there (with -wal, -shm and -journal) become the user's.
 * What is no plain file, or has other names, is left alone. */
int privileges_give_database(const struct privileges *privileges, const char *path,
                             struct error *error);

/* For good, and all capabilities with it. No thread may run yet. */
int privileges_drop(const struct privileges *privileges, struct error *error);

/* As whoever one is now: can files be made beside `path`, and `path` itself be written? -1: no, and
 * what to do about it. */
int privileges_check_database(const struct privileges *privileges, const char *path,
                              struct error *error);

#endif
