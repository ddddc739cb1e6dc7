/* Names and what else is text: what is read out of the wire is printed so that it reads back the
 * same, and nothing that is printed can do a terminal harm. */
#include <ctype.h>

#include "decode/address.h"
#include "fuzz.h"
#include "report/safe.h"

static void check_round_trip(const struct name *name)
{
    struct name back;
    char text[NAME_TEXT_SIZE];

    name_to_text(name->bytes, name->size_bytes, text);
    for (const char *at = text; *at != '\0'; at++)
        if (!isgraph((unsigned char)*at))
            abort();
    if (name_from_text(&back, text) < 0 || !name_equal(name, &back) || name_compare(name, &back))
        abort();
}

static void check_ancestors(const struct name *name)
{
    unsigned labels = name_labels(name->bytes);

    for (unsigned i = 0; i <= labels; i++) {
        const uint8_t *ancestor = name_ancestor(name->bytes, i);
        size_t size = name->size_bytes - (size_t)(ancestor - name->bytes);

        if (name_labels(ancestor) != i || name_measure(ancestor, size) != size ||
            !name_is_within(name->bytes, name->size_bytes, ancestor, size))
            abort();
    }
}

static void check_wire(const uint8_t *data, size_t size)
{
    uint8_t *wire = fuzz_copy(data, size);
    struct name name = {.size_bytes = (uint8_t)name_measure(wire, size)};

    name_lower(name.bytes, wire, name.size_bytes);
    if (name.size_bytes > 0) {
        check_round_trip(&name);
        check_ancestors(&name);
    }
    free(wire);
}

static void check_text(const char *text)
{
    struct address address, back;
    struct name name;
    char printed[ADDRESS_TEXT_SIZE];

    if (name_from_text(&name, text) == 0)
        check_round_trip(&name);
    if (address_from_text(&address, text) == 0 &&
        (address_from_text(&back, address_to_text(&address, printed)) < 0 ||
         !address_equal(&address, &back)))
        abort();
}

static void check_safe(const char *bytes, size_t size)
{
    size_t room = SAFE_TEXT_SIZE(size);
    char *text = malloc(room);

    if (text == NULL)
        abort();
    safe_text(bytes, size, text, room);
    for (const char *at = text; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            abort();
    safe_prose(bytes, text, room < 64 ? room : 64);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    check_wire(data, size);
    check_text(text);
    check_safe(text, size);
    free(text);
    return 0;
}
