#include "correlate/cause.h"

#include <string.h>

static const struct {
    const char *code;
    const char *category;
    const char *text;
} causes[CAUSE_COUNT] = {
#define X(id, category, name, text) [CAUSE_##id] = {category "." name, category, text},
    CAUSES(X)
#undef X
};

static const char *const confidences[CONFIDENCE_COUNT] = {
#define X(id, code) [CONFIDENCE_##id] = code,
    CONFIDENCES(X)
#undef X
};

const char *cause_code(enum cause cause)
{
    return causes[cause].code;
}

const char *cause_category(enum cause cause)
{
    return causes[cause].category;
}

const char *cause_text(enum cause cause)
{
    return causes[cause].text;
}

int cause_from_code(enum cause *cause, const char *code)
{
    for (unsigned i = 0; i < CAUSE_COUNT; i++) {
        if (strcmp(causes[i].code, code) == 0) {
            *cause = (enum cause)i;
            return 0;
        }
    }
    return -1;
}

const char *confidence_code(enum confidence confidence)
{
    return confidences[confidence];
}
