#include "report/fleet_load.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind a backslash. */
static char unescaped(char letter)
{
    static const char from[] = "bfnrt0a", to[] = "\b\f\n\r\t\0\a";
    const char *at = letter == '\0' ? NULL : strchr(from, letter);

    return at == NULL ? letter : to[at - from];
}

/* The octets that a field stands for, at `to`. Returns how many. */
static size_t unescape(const char *at, const char *end, char *to)
{
    char *begin = to;

    while (at < end) {
        bool escape = *at == '\\' && end - at >= 2;

        *to++ = escape ? unescaped(at[1]) : *at;
        at += escape ? 2 : 1;
    }
    return (size_t)(to - begin);
}

/* Splits a row. What needs no unescaping stays where it is, the rest goes to `scratch`, which has
 * room for the whole row. Returns the number of fields. */
static size_t split(const char *at, const char *end, char *scratch, struct fleet_field *fields)
{
    size_t count = 0;

    while (count < FLEET_FIELDS_MAX) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *stop = tab != NULL ? tab : end;
        struct fleet_field *field = &fields[count++];

        *field = (struct fleet_field){at, (size_t)(stop - at)};
        if (field->size == 2 && memcmp(at, "\\N", 2) == 0) {
            *field = (struct fleet_field){NULL, 0};
        } else if (memchr(at, '\\', field->size) != NULL) {
            *field = (struct fleet_field){scratch, unescape(at, stop, scratch)};
            scratch += field->size;
        }
        if (tab == NULL)
            break;
        at = tab + 1;
    }
    return count;
}

/* Line feeds within a field are escaped: each is the end of a row. */
int fleet_load_rows(const char *result, size_t size, fleet_row_function take, void *context,
                    struct error *error)
{
    struct fleet_field fields[FLEET_FIELDS_MAX];
    const char *end = result + size;
    char *scratch = NULL;
    size_t capacity = 0;
    int status = 0;

    while (result < end && status == 0) {
        const char *feed = memchr(result, '\n', (size_t)(end - result));
        const char *stop = feed != NULL ? feed : end;

        if ((size_t)(stop - result) > capacity) {
            free(scratch);
            capacity = 2 * (size_t)(stop - result);
            scratch = malloc(capacity);
            if (scratch == NULL)
                return error_set(error, "out of memory");
        }
        status = take(context, fields, split(result, stop, scratch, fields), error);
        result = stop + 1;
    }
    free(scratch);
    return status;
}

int fleet_load_bind(sqlite3_stmt *statement, int first, const struct fleet_field *fields,
                    size_t count, unsigned blobs)
{
    int status = SQLITE_OK;

    for (size_t i = 0; i < count && status == SQLITE_OK; i++) {
        int index = first + (int)i;

        if (fields[i].bytes == NULL)
            status = sqlite3_bind_null(statement, index);
        else if (i < 8 * sizeof(blobs) && (blobs >> i & 1) != 0)
            status = sqlite3_bind_blob64(statement, index, fields[i].bytes, fields[i].size,
                                         SQLITE_STATIC);
        else
            status = sqlite3_bind_text64(statement, index, fields[i].bytes, fields[i].size,
                                         SQLITE_STATIC, SQLITE_UTF8);
    }
    return status;
}
