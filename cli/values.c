#include "cli/values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/name.h"

#define DURATION_MAX_S (INT64_C(36500) * 86400)

int value_keep(char **text, const char *value, struct error *error)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return error_set(error, "out of memory");
    free(*text);
    *text = copy;
    return 0;
}

int value_number(const char *value, uint64_t least, uint64_t most, uint64_t *number,
                 const char *what, struct error *error)
{
    char *end;

    errno = 0;
    *number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || *number < least ||
        *number > most)
        return error_set(error, "'%s' is no %s between %llu and %llu", value, what,
                         (unsigned long long)least, (unsigned long long)most);
    return 0;
}

#define IDENTITY_DIGITS     16
#define IDENTITY_DIGITS_MIN 4

int value_identities(const char *value, uint64_t *first, uint64_t *last, struct error *error)
{
    size_t digits = strlen(value);
    unsigned open_bits;

    if (digits < IDENTITY_DIGITS_MIN || digits > IDENTITY_DIGITS ||
        strspn(value, "0123456789abcdefABCDEF") != digits)
        return error_set(error, "'%s' is no ID: %d to %d hexadecimal digits", value,
                         IDENTITY_DIGITS_MIN, IDENTITY_DIGITS);
    open_bits = 4 * (IDENTITY_DIGITS - (unsigned)digits);
    *first = strtoull(value, NULL, 16) << open_bits;
    *last = *first | ((UINT64_C(1) << open_bits) - 1);
    if (*last == 0) /* which nothing has, and stands for any */
        return error_set(error, "'%s' is no ID", value);
    return 0;
}

int value_add_address(struct address_list *list, const char *value, struct error *error)
{
    struct address *items = realloc(list->items, (list->count + 1) * sizeof(*items));

    if (items == NULL)
        return error_set(error, "out of memory");
    list->items = items;
    if (address_from_text(&items[list->count], value) < 0)
        return error_set(error, "'%s' is no IP address", value);
    list->count++;
    return 0;
}

#define DURATION_DIGITS 9

int value_duration(const char *value, int64_t *duration_ns, struct error *error)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t digits = strspn(value, "0123456789");

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (digits == 0 || digits > DURATION_DIGITS || value[digits] != units[i].unit ||
            value[digits + 1] != '\0')
            continue;
        *duration_ns = strtoll(value, NULL, 10) * units[i].seconds;
        if (*duration_ns == 0 || *duration_ns > DURATION_MAX_S)
            break;
        *duration_ns *= 1000000000;
        return 0;
    }
    return error_set(error, "'%s' is no time span such as 90s, 30m, 1h or 2d", value);
}

static const struct {
    const char *name;
    unsigned commands;
} formats[] = {
    {"text", FOR_ALL}, {"markdown", FOR_REPORT}, {"html", FOR_REPORT},
    {"json", FOR_ALL}, {"csv", FOR_REPORT},
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

int value_format(const char *value, unsigned commands, struct error *error)
{
    char known[64] = "";
    const char *last = NULL;

    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if ((formats[i].commands & commands) == 0)
            continue;
        if (strcmp(formats[i].name, value) == 0)
            return 0;
        if (last != NULL)
            snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
                     known[0] != '\0' ? ", " : "", last);
        last = formats[i].name;
    }
    return error_set(error, "there is no '%s' here, only %s and %s", value, known, last);
}

int value_switch(bool *on, const char *value, struct error *error)
{
    if (value == NULL || strcmp(value, "yes") == 0)
        *on = true;
    else if (strcmp(value, "no") == 0)
        *on = false;
    else
        return error_set(error, "'%s' is neither yes nor no", value);
    return 0;
}

int value_keep_name(char **text, const char *value, struct error *error)
{
    struct name name;
    char canonical[NAME_TEXT_SIZE];

    if (name_from_text(&name, value) < 0)
        return error_set(error, "'%s' is no domain name", value);
    return value_keep(text, name_to_text(name.bytes, name.size_bytes, canonical), error);
}

int value_keep_address(char **text, const char *value, struct error *error)
{
    struct address address;
    char canonical[ADDRESS_TEXT_SIZE];

    if (address_from_text(&address, value) < 0)
        return error_set(error, "'%s' is no IP address", value);
    return value_keep(text, address_to_text(&address, canonical), error);
}

int value_keep_prefix(char **text, const char *value, struct error *error)
{
    struct prefix prefix;

    if (value_keep_address(text, value, NULL) == 0)
        return 0;
    if (prefix_from_text(&prefix, value) < 0)
        return error_set(error, "'%s' is neither an IP address nor a prefix ADDR/LEN", value);
    return value_keep(text, value, error);
}
