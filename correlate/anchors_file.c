#include "correlate/anchors_file.h"

#include <ctype.h>
#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/codes.h"

#define FILE_MAX_BYTES   (1 << 20)
#define WORDS_MAX        64 /* of one anchor: keys may be split into many */
#define RDATA_MAX_BYTES  4096
#define ANCHOR_MAX_CHARS (2 * RDATA_MAX_BYTES)

struct word {
    const char *at;
    size_t size;
};

/* An anchor's words, gathered up to its end: the line's, or named's semicolon. */
struct reader {
    struct anchors *anchors;
    struct error *error;
    const char *path;
    const char *at, *end;
    unsigned line;
    bool blocks;   /* named's form */
    bool in_block; /* between the braces of a statement that holds anchors */
    unsigned parentheses;
    unsigned begun; /* the line where the words begin */
    struct word words[WORDS_MAX];
    size_t count;
    bool distrusted; /* RFC 5011 states other than valid and missing */
    struct name owner;
};

static int fail(const struct reader *reader, const char *what)
{
    return error_set(reader->error, "%s: line %u: %s", reader->path,
                     reader->begun ? reader->begun : reader->line, what);
}

static bool word_is(const struct word *word, const char *text)
{
    return word->size == strlen(text) && strncasecmp(word->at, text, word->size) == 0;
}

static bool word_is_one_of(const struct word *word, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (word_is(word, texts[i]))
            return true;
    return false;
}

static bool word_number(const struct word *word, unsigned long limit, unsigned long *number)
{
    unsigned long value = 0;

    for (size_t i = 0; i < word->size; i++) {
        if (!isdigit((unsigned char)word->at[i]))
            return false;
        value = value * 10 + (unsigned long)(word->at[i] - '0');
        if (value > limit)
            return false;
    }
    *number = value;
    return word->size > 0;
}

/* Keys and digests may stand in several words. -1: too long. */
static int join_words(const struct reader *reader, size_t first, char text[ANCHOR_MAX_CHARS])
{
    size_t used = 0;

    for (size_t i = first; i < reader->count; i++) {
        const struct word *word = &reader->words[i];

        for (size_t k = 0; k < word->size; k++) {
            if (isspace((unsigned char)word->at[k]))
                continue; /* within named's quotes */
            if (used + 1 >= ANCHOR_MAX_CHARS)
                return -1;
            text[used++] = word->at[k];
        }
    }
    text[used] = '\0';
    return used > 0 ? 0 : -1;
}

static size_t read_hex(const char *text, uint8_t *bytes, size_t limit)
{
    size_t size = 0;

    for (; text[0] && text[1]; text += 2) {
        char pair[3] = {text[0], text[1], '\0'};

        if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]) || size == limit)
            return 0;
        bytes[size++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return text[0] ? 0 : size;
}

static size_t read_base64(const char *text, uint8_t *bytes, size_t limit)
{
    ldns_rdf *rdf = NULL;
    size_t size = 0;

    if (ldns_str2rdf_b64(&rdf, text) == LDNS_STATUS_OK && ldns_rdf_size(rdf) <= limit) {
        size = ldns_rdf_size(rdf);
        memcpy(bytes, ldns_rdf_data(rdf), size);
    }
    ldns_rdf_deep_free(rdf);
    return size;
}

/* Three numbers and the key or digest, from word `first` on. */
static int add_anchor(struct reader *reader, uint16_t type, size_t first)
{
    bool ds = type == TYPE_DS;
    uint8_t rdata[4 + RDATA_MAX_BYTES] = {0};
    unsigned long numbers[3];
    char text[ANCHOR_MAX_CHARS];
    size_t size;

    if (reader->count < first + 4 || !word_number(&reader->words[first], 65535, &numbers[0]) ||
        !word_number(&reader->words[first + 1], 255, &numbers[1]) ||
        !word_number(&reader->words[first + 2], 255, &numbers[2]) ||
        join_words(reader, first + 3, text) != 0)
        return fail(reader, ds ? "a DS is: key tag, algorithm, digest type, digest"
                               : "a DNSKEY is: flags, protocol, algorithm, key");
    rdata[0] = (uint8_t)(numbers[0] >> 8);
    rdata[1] = (uint8_t)numbers[0];
    rdata[2] = (uint8_t)numbers[1];
    rdata[3] = (uint8_t)numbers[2];
    size = ds ? read_hex(text, rdata + 4, RDATA_MAX_BYTES)
              : read_base64(text, rdata + 4, RDATA_MAX_BYTES);
    if (size == 0)
        return fail(reader, ds ? "the digest is not hexadecimal" : "the key is not base64");
    if (reader->distrusted)
        return 0;
    if (anchors_add(reader->anchors, &reader->owner, type, rdata, 4 + size) != 0)
        return fail(reader, "out of memory");
    return 0;
}

static int set_owner(struct reader *reader, const struct word *word)
{
    char text[NAME_TEXT_SIZE];

    if (word->size >= sizeof(text))
        return fail(reader, "the zone is not a domain name");
    memcpy(text, word->at, word->size);
    text[word->size] = '\0';
    if (name_from_text(&reader->owner, text) != 0)
        return fail(reader, "the zone is not a domain name");
    return 0;
}

/* ZONE [TTL] [CLASS] DS|DNSKEY ... */
static int take_record(struct reader *reader)
{
    unsigned long ttl;
    size_t at = 1;

    if (reader->words[0].at[0] == '$')
        return 0; /* $TTL and the like: anchors are absolute and need none */
    if (set_owner(reader, &reader->words[0]) != 0)
        return -1;
    while (at < reader->count &&
           (word_is(&reader->words[at], "IN") || word_number(&reader->words[at], UINT32_MAX, &ttl)))
        at++;
    if (at < reader->count && word_is(&reader->words[at], "DS"))
        return add_anchor(reader, TYPE_DS, at + 1);
    if (at < reader->count && word_is(&reader->words[at], "DNSKEY"))
        return add_anchor(reader, TYPE_DNSKEY, at + 1);
    return fail(reader, "neither a DS nor a DNSKEY record");
}

/* "ZONE" [static-key|initial-key|static-ds|initial-ds] ... */
static int take_entry(struct reader *reader)
{
    static const char *const keys[] = {"static-key", "initial-key"};
    static const char *const digests[] = {"static-ds", "initial-ds"};

    if (set_owner(reader, &reader->words[0]) != 0)
        return -1;
    if (reader->count > 1 && word_is_one_of(&reader->words[1], digests, 2))
        return add_anchor(reader, TYPE_DS, 2);
    if (reader->count > 1 && word_is_one_of(&reader->words[1], keys, 2))
        return add_anchor(reader, TYPE_DNSKEY, 2);
    return add_anchor(reader, TYPE_DNSKEY, 1); /* trusted-keys */
}

static int finish_words(struct reader *reader)
{
    int result = 0;

    if (reader->count > 0)
        result = reader->blocks ? take_entry(reader) : take_record(reader);
    reader->count = 0;
    reader->begun = 0;
    reader->distrusted = false;
    return result;
}

/* unbound notes a key's RFC 5011 state behind it: 2 valid, 3 missing; the others are not trusted.
 */
static void read_state(struct reader *reader, const char *comment, size_t size)
{
    const char *state = memmem(comment, size, ";;state=", 8);

    if (state && state + 8 < comment + size)
        reader->distrusted = state[8] != '2' && state[8] != '3';
}

static void skip_line(struct reader *reader)
{
    const char *begin = reader->at;

    while (reader->at < reader->end && *reader->at != '\n')
        reader->at++;
    if (!reader->blocks)
        read_state(reader, begin, (size_t)(reader->at - begin));
}

static void skip_block_comment(struct reader *reader)
{
    while (reader->at < reader->end) {
        if (reader->end - reader->at >= 2 && memcmp(reader->at, "*/", 2) == 0) {
            reader->at += 2;
            return;
        }
        reader->line += *reader->at++ == '\n';
    }
}

static int take_word(struct reader *reader)
{
    bool quoted = *reader->at == '"';
    const char *begin = reader->at + quoted;
    struct word word;

    reader->at = begin;
    while (reader->at < reader->end &&
           (quoted ? *reader->at != '"'
                   : !isspace((unsigned char)*reader->at) && !strchr(";{}()\"", *reader->at)))
        reader->at++;
    word = (struct word){begin, (size_t)(reader->at - begin)};
    if (!reader->begun)
        reader->begun = reader->line;
    for (const char *c = begin; c < reader->at; c++)
        reader->line += *c == '\n';
    if (quoted && reader->at == reader->end)
        return fail(reader, "a quote is not closed");
    reader->at += quoted;
    if (reader->count == WORDS_MAX)
        return fail(reader, "too many words for an anchor");
    reader->words[reader->count++] = word;
    return 0;
}

static int open_block(struct reader *reader)
{
    static const char *const statements[] = {"trust-anchors", "managed-keys", "trusted-keys"};

    if (reader->in_block || reader->count != 1 || !word_is_one_of(&reader->words[0], statements, 3))
        return fail(reader, "only trust-anchors, managed-keys and trusted-keys may open a block");
    reader->in_block = true;
    reader->count = 0;
    reader->begun = 0;
    return 0;
}

static int close_block(struct reader *reader)
{
    if (!reader->in_block || reader->count > 0)
        return fail(reader, "an anchor ends with ;");
    reader->in_block = false;
    return 0;
}

/* What ends words in named's form, and what in zone format. */
static int take_mark(struct reader *reader)
{
    char mark = *reader->at++;

    if (reader->blocks && mark == '{')
        return open_block(reader);
    if (reader->blocks && mark == '}')
        return close_block(reader);
    if (reader->blocks && mark == ';') {
        if (!reader->in_block && reader->count > 0)
            return fail(reader, "an anchor outside of a block");
        return finish_words(reader);
    }
    if (!reader->blocks && mark == '(') {
        reader->parentheses++;
        return 0;
    }
    if (!reader->blocks && mark == ')' && reader->parentheses > 0) {
        reader->parentheses--;
        return 0;
    }
    return fail(reader, "an unexpected bracket");
}

static bool at_comment(const struct reader *reader)
{
    char c = *reader->at;

    if (!reader->blocks)
        return c == ';';
    return c == '#' || (c == '/' && reader->end - reader->at >= 2 && (reader->at[1] == '/'));
}

static int read_next(struct reader *reader)
{
    char c = *reader->at;

    if (c == '\n') {
        int result = 0;

        if (!reader->blocks && reader->parentheses == 0)
            result = finish_words(reader);
        reader->at++;
        reader->line++;
        return result;
    }
    if (isspace((unsigned char)c)) {
        reader->at++;
        return 0;
    }
    if (at_comment(reader)) {
        skip_line(reader);
        return 0;
    }
    if (reader->blocks && reader->end - reader->at >= 2 && memcmp(reader->at, "/*", 2) == 0) {
        skip_block_comment(reader);
        return 0;
    }
    return strchr(";{}()", c) ? take_mark(reader) : take_word(reader);
}

/* Zone format has no use for braces but in unbound's comments. */
static bool is_named_form(const char *text, size_t size)
{
    bool comment = false;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            comment = false;
        else if (text[i] == ';')
            comment = true;
        else if (text[i] == '{' && !comment)
            return true;
    }
    return false;
}

static int read_text(struct reader *reader)
{
    while (reader->at < reader->end)
        if (*reader->at == '\0')
            return fail(reader, "not a text file");
        else if (read_next(reader) != 0)
            return -1;
    if (reader->blocks && (reader->in_block || reader->count > 0))
        return fail(reader, "the file ends within a statement");
    return finish_words(reader);
}

int anchors_read_file(struct anchors *anchors, const char *path, struct error *error)
{
    struct reader reader = {.anchors = anchors, .error = error, .path = path, .line = 1};
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    int result = -1;

    if (!file)
        return error_set(error, "%s: %s", path, strerror(errno));
    text = malloc(FILE_MAX_BYTES);
    if (text)
        size = fread(text, 1, FILE_MAX_BYTES, file);
    if (!text || ferror(file))
        error_set(error, "%s: %s", path, strerror(errno));
    else if (size == FILE_MAX_BYTES)
        error_set(error, "%s: larger than a file of trust anchors", path);
    else {
        reader.at = text;
        reader.end = text + size;
        reader.blocks = is_named_form(text, size);
        result = read_text(&reader);
    }
    free(text);
    fclose(file);
    return result;
}
