#include "report/cause_counts.h"

#include <stdbool.h>
#include <string.h>

/* The causes of a category stand together in their list. */
static uint64_t category_count(const uint64_t counts[CAUSE_COUNT], int first)
{
    const char *category = cause_category((enum cause)first);
    uint64_t count = 0;

    for (int i = first; i < CAUSE_COUNT; i++) {
        if (strcmp(cause_category((enum cause)i), category) == 0)
            count += counts[i];
    }
    return count;
}

static bool begins_category(int cause)
{
    return cause == 0 ||
           strcmp(cause_category((enum cause)cause), cause_category((enum cause)(cause - 1))) != 0;
}

static void print_category(const struct page *page, const uint64_t counts[CAUSE_COUNT], int first,
                           uint64_t total)
{
    bool done[CAUSE_COUNT] = {false};
    int best;

    page_count_row(page, 2, cause_category((enum cause)first), category_count(counts, first), total,
                   true);
    do {
        best = -1;
        for (int i = first; i < CAUSE_COUNT && (i == first || !begins_category(i)); i++) {
            if (!done[i] && counts[i] > 0 && (best < 0 || counts[i] > counts[best]))
                best = i;
        }
        if (best >= 0) {
            done[best] = true;
            page_count_row(page, 4, cause_code((enum cause)best), counts[best], total, false);
        }
    } while (best >= 0);
}

void cause_counts_print(const struct page *page, const uint64_t counts[CAUSE_COUNT])
{
    bool done[CAUSE_COUNT] = {false};
    uint64_t total = 0;

    for (int i = 0; i < CAUSE_COUNT; i++)
        total += counts[i];
    for (;;) {
        int best = -1;

        for (int i = 0; i < CAUSE_COUNT; i++) {
            if (begins_category(i) && !done[i] && category_count(counts, i) > 0 &&
                (best < 0 || category_count(counts, i) > category_count(counts, best)))
                best = i;
        }
        if (best < 0)
            return;
        done[best] = true;
        print_category(page, counts, best, total);
    }
}
