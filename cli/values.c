#include "cli/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode/name.h"

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

#define IDENTITY_DIGITS 16

int value_identity(const char *value, uint64_t *identity, struct error *error)
{
    if (strlen(value) != IDENTITY_DIGITS ||
        strspn(value, "0123456789abcdefABCDEF") != IDENTITY_DIGITS)
        return error_set(error, "'%s' is no ID: %d hexadecimal digits", value, IDENTITY_DIGITS);
    *identity = strtoull(value, NULL, 16);
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
