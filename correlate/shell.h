/* Words for the lines that people paste into a shell: names can hold any octet. */
#ifndef CORRELATE_SHELL_H
#define CORRELATE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

/* A text as one word, in single quotes where a shell would see more in it. It may only stand where
 * a word does, never within quotes. False, and nothing in `word` (of `size` > 0 octets), where it
 * does not fit. */
bool shell_word(const char *text, char *word, size_t size);

/* The same of a name in presentation format, which no tool takes for an option either: a first
 * octet that would make it one is written \DDD (RFC 1035 section 5.1). */
bool shell_name(const char *text, char *word, size_t size);

#endif
