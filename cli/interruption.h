/* What is said when somebody interrupts a reading that stores: it leaves a database that does not
 * have all of it. */
#ifndef CLI_INTERRUPTION_H
#define CLI_INTERRUPTION_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "capture/error.h"

struct interruption {
    const char *database;
    pthread_t thread;
    bool expected;
    sigset_t signals, before;
};

/* From now on SIGINT, SIGTERM and SIGHUP, as far as they would end the program, say what becomes of
 * the database (its name is borrowed) before they do. 0 or -1. */
int interruption_expect(struct interruption *interruption, const char *database,
                        struct error *error);
/* As before. Nothing happens where none is expected. */
void interruption_end(struct interruption *interruption);

#endif
