#include "capture/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How many bytes the printable UTF-8 character at `at` has; 0 where there is none. C1 controls
 * (U+0080 to U+009F) steer terminals as the C0 ones do, so they are not printable either. */
static size_t printable_size(const uint8_t *at)
{
    static const struct {
        uint8_t mask, lead, size;
    } forms[] = {{0xe0, 0xc0, 2}, {0xf0, 0xe0, 3}, {0xf8, 0xf0, 4}};

    if (at[0] < 0x80)
        return at[0] >= ' ' && at[0] != 0x7f;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if ((at[0] & forms[i].mask) != forms[i].lead)
            continue;
        for (size_t follow = 1; follow < forms[i].size; follow++) {
            if ((at[follow] & 0xc0) != 0x80) /* stops at the NUL, too */
                return 0;
        }
        if (at[0] < 0xc2 || (at[0] == 0xc2 && at[1] < 0xa0))
            return 0;
        return forms[i].size;
    }
    return 0;
}

int error_set(struct error *error, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return -1;
    va_start(arguments, format);
    if (vsnprintf(error->text, sizeof(error->text), format, arguments) < 0)
        error->text[0] = '\0';
    va_end(arguments);

    for (char *at = error->text; *at != '\0';) {
        size_t size = printable_size((const uint8_t *)at);

        if (size == 0)
            *at = '?';
        at += size > 0 ? size : 1;
    }
    return -1;
}
