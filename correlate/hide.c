#include "correlate/hide.h"

#include <string.h>

#include "decode/embedded.h"

/* Labels go from the left until what is left holds no address, and one more where that is too long
 * for the label that stands in their place. */
static void hide(struct name *name)
{
    while (name_holds_address(name))
        name_behead(name);
    while (name_prepend(name, "hidden") < 0)
        name_behead(name);
}

/* What does not fit into `size` any more is cut off at the end. */
static void replace(char *text, size_t size, const char *what, const char *with)
{
    size_t what_size = strlen(what), with_size = strlen(with);
    char *at = text;

    while ((at = strstr(at, what)) != NULL) {
        size_t left = size - (size_t)(at - text) - 1, rest = strlen(at + what_size);

        if (with_size > left) {
            *at = '\0';
            return;
        }
        if (rest > left - with_size)
            rest = left - with_size;
        memmove(at + with_size, at + what_size, rest);
        memcpy(at, with, with_size);
        at += with_size;
        at[rest] = '\0';
    }
}

static void hide_in_texts(struct incident *incident, const struct name *name,
                          const struct name *hidden)
{
    char what[NAME_TEXT_SIZE], with[NAME_TEXT_SIZE];

    name_to_text(name->bytes, name->size_bytes, what);
    name_to_text(hidden->bytes, hidden->size_bytes, with);
    replace(incident->explanation, sizeof(incident->explanation), what, with);
    for (unsigned i = 0; i < incident->advice_count; i++)
        replace(incident->advice[i], sizeof(incident->advice[i]), what, with);
}

static void hide_name(struct incident *incident, struct name *name)
{
    struct name before = *name;

    if (!name_holds_address(name))
        return;
    hide(name);
    hide_in_texts(incident, &before, name);
}

void incident_hide_names(struct incident *incident)
{
    hide_name(incident, &incident->qname);
    for (unsigned i = 0; i < incident->evidence_count; i++)
        hide_name(incident, &incident->evidence[i].qname);
}
