/* What the files of `store` share and nobody else sees. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <sqlite3.h>

#include "store/believed_clock.h"
#include "store/census.h"
#include "store/counts.h"
#include "store/evidence.h"
#include "store/minute_rows.h"
#include "store/sql.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/thinning.h"
#include "store/waiting.h"

/* What an earlier run said of a source: when its packets were. */
struct earlier_source {
    bool known; /* there was such a run */
    int64_t first_ns, last_ns;
};

/* Signatures and delegations of a source that got no row. */
struct sight_losses {
    struct sight_loss {
        uint64_t count, told; /* told: by the health of minutes */
    } now, committed;
};

struct store {
    sqlite3 *database;
    char *path;
    sqlite3_stmt *prepared[STATEMENT_COUNT];
    int64_t run;
    int64_t revision;    /* of the transaction */
    int64_t *source_ids; /* row of a source, by its number; 0: not begun */
    struct earlier_source *earlier_sources;
    struct sight_losses *sight_losses;
    uint32_t source_count;
    struct counts *counts;
    struct census *resolvers; /* that have counters of their own */
    struct minute_rows *minutes;
    struct waiting *servers; /* store/server_rows.h */
    struct evidence_writer *evidence;
    struct sight_thinning {
        struct thinning signatures, delegations;
    } sights, sights_committed;
    bool in_transaction;
    bool refused;         /* what was to be added can never be */
    unsigned rows;        /* in this transaction */
    int64_t data_version; /* changes when somebody else has written */
    int64_t begun_ns;
    int64_t commit_ns;  /* how long it may last */
    int64_t keep_ns;    /* 0: for ever */
    uint64_t max_bytes; /* 0: as much as there is */
    int64_t newest_ns;  /* of what was added; INT64_MIN: nothing yet */
    struct believed_clock clock;
    int wal_pages, wal_pages_wanted, wal_pages_max;
};

struct statement store_statement(struct store *store, enum statement_id id);
/* Runs a statement that gives no row. */
int store_execute(struct store *store, struct statement *statement, struct error *error);
/* Runs one that gives one row of one integer. */
int store_ask(struct store *store, struct statement *statement, int64_t *value,
              struct error *error);
int store_failed(const struct store *store, struct error *error);
/* The row of a source that was begun, 0 for any other. */
int64_t store_source_id(const struct store *store, uint32_t source);

/* Begins a transaction unless there is one. */
int store_begin(struct store *store, struct error *error);

/* All within a transaction. */

/* The incident with all that belongs to it, in place of an earlier verdict, and the counts. */
int store_write_incident(struct store *store, const struct incident *incident, struct error *error);
int store_write_signature(struct store *store, const struct signature_sight *signature,
                          struct error *error);
int store_write_delegation(struct store *store, const struct delegation_sight *delegation,
                           struct error *error);
/* How many of them were not written (store/thinning.h): in all, and since it was asked last. */
uint64_t sights_lost(const struct store *store, uint32_t source);
uint64_t sights_lost_since(struct store *store, uint32_t source);
void sights_commit(struct store *store);
void sights_rollback(struct store *store);
/* What each of the sources gave in an earlier run and not in this one goes. */
int store_remove_leftovers(struct store *store, struct error *error);

#endif
