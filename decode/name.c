#include "decode/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX_BYTES 63
#define LABELS_MAX      127

int name_prepend(struct name *name, const char *label)
{
    size_t size = strlen(label);

    assert(size > 0 && size <= LABEL_MAX_BYTES);
    if (name->size_bytes + 1 + size > NAME_MAX_BYTES)
        return -1;
    memmove(name->bytes + 1 + size, name->bytes, name->size_bytes);
    name->bytes[0] = (uint8_t)size;
    memcpy(name->bytes + 1, label, size);
    name->size_bytes = (uint8_t)(name->size_bytes + 1 + size);
    return 0;
}

void name_behead(struct name *name)
{
    size_t label = 1 + (size_t)name->bytes[0];

    assert(name->size_bytes > label);
    name->size_bytes = (uint8_t)(name->size_bytes - label);
    memmove(name->bytes, name->bytes + label, name->size_bytes);
}

size_t name_measure(const uint8_t *wire, size_t limit)
{
    size_t at = 0;

    if (limit > NAME_MAX_BYTES)
        limit = NAME_MAX_BYTES;
    while (at < limit) {
        uint8_t size = wire[at++];

        if (size == 0)
            return at;
        if (size > LABEL_MAX_BYTES)
            return 0;
        at += size;
    }
    return 0;
}

/* Length octets are below 'A', so that folding every octet folds only letters. */
void name_lower(uint8_t *lower, const uint8_t *wire, size_t size)
{
    for (size_t i = 0; i < size; i++)
        lower[i] = wire[i] | (uint8_t)((uint8_t)(wire[i] - 'A') < 26 ? 0x20 : 0);
}

unsigned name_labels(const uint8_t *wire)
{
    unsigned count = 0;

    for (; *wire != 0; wire += 1 + *wire)
        count++;
    return count;
}

const uint8_t *name_ancestor(const uint8_t *wire, unsigned labels)
{
    for (unsigned count = name_labels(wire); count > labels; count--)
        wire += 1 + *wire;
    return wire;
}

void name_set_ancestor(struct name *ancestor, const struct name *name, unsigned labels)
{
    const uint8_t *at = name_ancestor(name->bytes, labels);

    ancestor->size_bytes = (uint8_t)(name->size_bytes - (at - name->bytes));
    memcpy(ancestor->bytes, at, ancestor->size_bytes);
}

bool name_is_within(const uint8_t *name, size_t name_size, const uint8_t *ancestor,
                    size_t ancestor_size)
{
    if (ancestor_size == 0)
        return false;
    while (name_size > ancestor_size) {
        size_t label = 1 + (size_t)*name;

        if (label > name_size)
            return false;
        name += label;
        name_size -= label;
    }
    return name_size == ancestor_size && memcmp(name, ancestor, name_size) == 0;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return a->size_bytes == b->size_bytes && memcmp(a->bytes, b->bytes, a->size_bytes) == 0;
}

/* Where each label begins, the root's left out. */
static unsigned find_labels(const struct name *name, uint8_t offsets[LABELS_MAX])
{
    unsigned count = 0;

    for (unsigned at = 0; at < name->size_bytes && name->bytes[at] != 0 && count < LABELS_MAX;
         at += 1 + name->bytes[at])
        offsets[count++] = (uint8_t)at;
    return count;
}

int name_compare(const struct name *a, const struct name *b)
{
    uint8_t a_offsets[LABELS_MAX], b_offsets[LABELS_MAX];
    unsigned a_left = find_labels(a, a_offsets);
    unsigned b_left = find_labels(b, b_offsets);

    while (a_left > 0 && b_left > 0) {
        const uint8_t *a_label = a->bytes + a_offsets[--a_left];
        const uint8_t *b_label = b->bytes + b_offsets[--b_left];
        int order = memcmp(a_label + 1, b_label + 1, *a_label < *b_label ? *a_label : *b_label);

        if (order == 0)
            order = *a_label - *b_label;
        if (order != 0)
            return order;
    }
    if (a_left != b_left)
        return a_left < b_left ? -1 : 1;
    /* No name at all comes before the root. */
    return (a->size_bytes > 0) - (b->size_bytes > 0);
}

static char *write_octet(char *text, uint8_t octet)
{
    if (octet <= ' ' || octet >= 0x7f)
        return text + sprintf(text, "\\%03u", octet);
    if (strchr("\".;\\()@$", octet))
        *text++ = '\\';
    *text++ = (char)octet;
    return text;
}

const char *name_to_text(const uint8_t *wire, size_t size, char text[NAME_TEXT_SIZE])
{
    char *end = text;
    size_t at = 0;

    if (size > NAME_MAX_BYTES)
        size = NAME_MAX_BYTES;
    if (size > 0 && wire[0] == 0)
        *end++ = '.';
    while (at < size && wire[at] != 0) {
        size_t label_end = at + 1 + wire[at];

        for (at++; at < label_end && at < size; at++)
            end = write_octet(end, wire[at]);
        *end++ = '.';
    }
    *end = '\0';
    return text;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads one octet, escaped or not, and moves on. -1: a broken escape. */
static int read_octet(const char **text)
{
    const char *at = *text;
    int value;

    if (*at != '\\') {
        *text = at + 1;
        return (uint8_t)*at;
    }
    at++;
    if (*at == '\0')
        return -1;
    if (!is_digit(*at)) {
        *text = at + 1;
        return (uint8_t)*at;
    }
    if (!is_digit(at[1]) || !is_digit(at[2]))
        return -1;
    value = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
    *text = at + 3;
    return value <= 255 ? value : -1;
}

int name_from_text(struct name *name, const char *text)
{
    struct name read = {.size_bytes = 1};
    unsigned label = 0; /* where the length octet of the current label stands */

    if (*text == '\0')
        return -1;
    if (strcmp(text, ".") == 0)
        text++;
    while (*text != '\0') {
        if (*text == '.') {
            if (read.bytes[label] == 0 || read.size_bytes >= NAME_MAX_BYTES)
                return -1;
            text++;
            label = read.size_bytes++;
            read.bytes[label] = 0;
        } else {
            int octet = read_octet(&text);

            if (octet < 0 || read.bytes[label] == LABEL_MAX_BYTES ||
                read.size_bytes >= NAME_MAX_BYTES)
                return -1;
            read.bytes[label]++;
            read.bytes[read.size_bytes++] = (uint8_t)octet;
        }
    }
    /* Without a trailing dot the root label is still to come. */
    if (read.bytes[label] != 0) {
        if (read.size_bytes >= NAME_MAX_BYTES)
            return -1;
        read.bytes[read.size_bytes++] = 0;
    }
    name->size_bytes = read.size_bytes;
    name_lower(name->bytes, read.bytes, read.size_bytes);
    return 0;
}
