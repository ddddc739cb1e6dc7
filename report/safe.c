#include "report/safe.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Octets of the well-formed UTF-8 sequence at `bytes` (RFC 3629: shortest form, no surrogates), or
 * 0. */
static size_t utf8_measure(const uint8_t *bytes, size_t size, uint32_t *codepoint)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = bytes[0] < 0x80             ? 1
                    : (bytes[0] & 0xe0) == 0xc0 ? 2
                    : (bytes[0] & 0xf0) == 0xe0 ? 3
                    : (bytes[0] & 0xf8) == 0xf0 ? 4
                                                : 0;

    if (length == 0 || length > size)
        return 0;
    *codepoint = length == 1 ? bytes[0] : bytes[0] & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *codepoint = *codepoint << 6 | (bytes[i] & 0x3f);
    }
    if (length > 1 && *codepoint < least[length])
        return 0;
    if (*codepoint > 0x10ffff || (*codepoint >= 0xd800 && *codepoint <= 0xdfff))
        return 0;
    return length;
}

/* Terminals and browsers act on these instead of showing them, or show nothing for them. */
static bool is_acted_on(uint32_t codepoint)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},
        {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
        {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };

    if (codepoint >= 0x20 && codepoint < 0x7f)
        return false; /* nearly all */
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (codepoint >= ranges[i].first && codepoint <= ranges[i].last)
            return true;
    }
    return false;
}

static const char *make_safe(const void *bytes, size_t size, bool keep_backslash, char *text,
                             size_t text_size)
{
    const uint8_t *at = bytes, *end = at + size;
    size_t used = 0;

    while (at < end) {
        uint32_t codepoint = 0;
        size_t length = utf8_measure(at, (size_t)(end - at), &codepoint);
        size_t takes = length > 0 ? length : 1;
        bool backslash = length == 1 && codepoint == '\\' && !keep_backslash;
        bool shown = length > 0 && !is_acted_on(codepoint) && !backslash;
        size_t needs = shown ? takes : backslash ? 2 : 4 * takes;

        if (used + needs >= text_size)
            break;
        if (shown)
            memcpy(text + used, at, takes);
        else if (backslash)
            memcpy(text + used, "\\\\", 2);
        else
            for (size_t i = 0; i < takes; i++)
                snprintf(text + used + 4 * i, 5, "\\x%02x", at[i]);
        used += needs;
        at += takes;
    }
    text[used] = '\0';
    return text;
}

const char *safe_text(const void *bytes, size_t size, char *text, size_t text_size)
{
    return make_safe(bytes, size, false, text, text_size);
}

const char *safe_prose(const char *sentence, char *text, size_t text_size)
{
    return make_safe(sentence, strlen(sentence), true, text, text_size);
}

const char *safe_ede(const struct incident_ede *ede, char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)])
{
    size_t size = ede->text_size;

    if (size > 0 && ede->text[size - 1] == '\0')
        size--;
    return safe_text(ede->text, size, text, SAFE_TEXT_SIZE(EDE_TEXT_SIZE));
}
