#include "correlate/shell.h"

#include <stdio.h>
#include <string.h>

#include "decode/name.h"

/* Whatever is safe in every shell, also as a word's first character. */
static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+-,";

bool shell_word(const char *text, char *word, size_t size)
{
    bool bare = text[0] != '\0' && text[strspn(text, plain)] == '\0';
    size_t at = 0, needed = strlen(text) + (bare ? 1 : 3);

    for (const char *octet = text; *octet != '\0'; octet++)
        needed += *octet == '\'' ? 3 : 0;
    word[0] = '\0';
    if (needed > size)
        return false;
    if (bare) {
        memcpy(word, text, needed);
        return true;
    }
    word[at++] = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(word + at, "'\\''", 4);
            at += 4;
        } else {
            word[at++] = *text;
        }
    }
    word[at++] = '\'';
    word[at] = '\0';
    return true;
}

bool shell_name(const char *text, char *word, size_t size)
{
    char escaped[NAME_TEXT_SIZE + 4];

    if (text[0] == '\0' || !strchr("-+%", text[0]))
        return shell_word(text, word, size);
    word[0] = '\0';
    if (strlen(text) > NAME_TEXT_SIZE)
        return false;
    sprintf(escaped, "\\%03u", (unsigned char)text[0]);
    strcpy(escaped + 4, text + 1);
    return shell_word(escaped, word, size);
}
