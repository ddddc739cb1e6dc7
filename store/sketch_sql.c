#include "store/sketch_sql.h"

#include "decode/hash.h"
#include "store/sketch.h"

static void give(sqlite3_context *context, const struct sketch *sketch)
{
    uint8_t bytes[SKETCH_REGISTERS];
    size_t size = sketch_pack(sketch, bytes);

    sqlite3_result_blob(context, bytes, (int)size, SQLITE_TRANSIENT);
}

/* -1: the error is the result, which no other may follow. */
static int merge_value(sqlite3_context *context, struct sketch *sketch, sqlite3_value *value)
{
    int status =
        sketch_merge_packed(sketch, sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));

    if (status < 0)
        sqlite3_result_error(context, "not a sketch", -1);
    return status;
}

static void sql_sketch_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct sketch *sketch = sqlite3_aggregate_context(context, sizeof(*sketch));

    (void)count;
    if (sketch == NULL) {
        sqlite3_result_error_nomem(context);
    } else if (sqlite3_value_type(values[0]) == SQLITE_INTEGER) {
        sketch_add(sketch, (uint64_t)sqlite3_value_int64(values[0]));
    } else if (sqlite3_value_type(values[0]) != SQLITE_NULL) {
        const void *text = sqlite3_value_text(values[0]);

        sketch_add(sketch, hash_stable(text, (size_t)sqlite3_value_bytes(values[0])));
    }
}

static void sql_union_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct sketch *sketch = sqlite3_aggregate_context(context, sizeof(*sketch));

    (void)count;
    if (sketch == NULL)
        sqlite3_result_error_nomem(context);
    else
        merge_value(context, sketch, values[0]);
}

static void sql_sketch_final(sqlite3_context *context)
{
    const struct sketch none = {{0}};
    const struct sketch *sketch = sqlite3_aggregate_context(context, 0);

    give(context, sketch != NULL ? sketch : &none);
}

static void sql_sketch_merge(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct sketch sketch = {{0}};

    for (int i = 0; i < count; i++) {
        if (merge_value(context, &sketch, values[i]) < 0)
            return;
    }
    give(context, &sketch);
}

static void sql_sketch_count(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct sketch sketch = {{0}};

    (void)count;
    if (merge_value(context, &sketch, values[0]) == 0)
        sqlite3_result_int64(context, (sqlite3_int64)sketch_estimate(&sketch));
}

int sketch_add_functions(sqlite3 *database)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
        void (*step)(sqlite3_context *, int, sqlite3_value **);
        void (*final)(sqlite3_context *);
    } functions[] = {
        {"sketch", 1, NULL, sql_sketch_step, sql_sketch_final},
        {"sketch_union", 1, NULL, sql_union_step, sql_sketch_final},
        {"sketch_merge", 2, sql_sketch_merge, NULL, NULL},
        {"sketch_count", 1, sql_sketch_count, NULL, NULL},
    };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        int status =
            sqlite3_create_function(database, functions[i].name, functions[i].arguments, flags,
                                    NULL, functions[i].call, functions[i].step, functions[i].final);

        if (status != SQLITE_OK)
            return status;
    }
    return SQLITE_OK;
}
