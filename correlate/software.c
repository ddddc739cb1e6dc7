#include "correlate/software.h"

/* Fewer queries tell nothing. */
#define QUERIES_MIN 8

/* Operators send queries from their resolver's address, too (dig has a COOKIE), and fallbacks go
 * without EDNS, and without CD then. */
static bool is_most(uint64_t part, uint64_t whole)
{
    return part >= whole - whole / 4;
}

static bool is_nearly_none(uint64_t part, uint64_t whole)
{
    return part <= whole / 16;
}

enum software software_recognise(const struct parties *parties, const struct address *egresses,
                                 size_t count)
{
    uint64_t queries = 0, iterative = 0, cookies = 0, unchecked = 0, cuts = 0;
    uint64_t lettered = 0, mixed_case = 0;

    for (size_t i = 0; i < count; i++) {
        const struct asker *asker = parties_asker(parties, &egresses[i]);

        if (!asker)
            continue;
        queries += asker->iterative_queries + asker->recursive_queries;
        iterative += asker->iterative_queries;
        cookies += asker->cookie_queries;
        lettered += asker->lettered_queries;
        mixed_case += asker->mixed_case_queries;
        unchecked += asker->unchecked_queries;
        cuts += asker->cut_queries;
    }
    if (queries >= QUERIES_MIN && is_most(cookies, queries) && is_nearly_none(mixed_case, lettered))
        return SOFTWARE_NAMED;
    if (lettered < QUERIES_MIN || !is_nearly_none(cookies, queries))
        return SOFTWARE_UNKNOWN;
    /* It knows most cuts once it is warm, and names of a few letters are often left as they are. */
    if (mixed_case > lettered / 2 && cuts > iterative / 64)
        return SOFTWARE_KRESD;
    if (is_nearly_none(mixed_case, lettered) && is_nearly_none(cuts, iterative) &&
        iterative >= QUERIES_MIN && is_most(unchecked, iterative))
        return SOFTWARE_UNBOUND;
    return SOFTWARE_UNKNOWN;
}
