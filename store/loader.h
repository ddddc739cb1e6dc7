/* Stores what files give, in a thread of its own beside their analysis.
 *
 * Nothing is given up: where the database is slower, who adds waits for it. The first failure is
 * the end: one of the next calls says it, and what was committed before it stays. (A capture that
 * goes on does not wait, and outlives a failure: store/writer.h.) */
#ifndef STORE_LOADER_H
#define STORE_LOADER_H

#include "store/store.h"

struct loader;

/* Opens the database. `queue_bytes`: what may wait for it, half a MiB at least. NULL: `error` says
 * why. */
struct loader *loader_open(const struct store_options *options, uint64_t queue_bytes,
                           struct error *error);
/* Without loader_finish(), what was not committed is lost. NULL is fine. */
void loader_close(struct loader *loader);

/* As the store's (store/store.h), of which they copy what they are given. -1 is also for what was
 * added earlier; after it there is nothing to do but to close. */
int loader_begin_source(struct loader *loader, uint32_t source, uint64_t fingerprint,
                        const char *name, struct error *error);
int loader_add(struct loader *loader, const struct finding *finding, struct error *error);
int loader_set_health(struct loader *loader, uint32_t source, const struct source_health *health,
                      struct error *error);
/* To be called now and then, so that what is little does not wait for more. Never waits itself. */
int loader_tick(struct loader *loader, struct error *error);
/* All is stored, and the run is complete. */
int loader_finish(struct loader *loader, struct error *error);

#endif
