#include "report/table.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/moment.h"

bool cell_is_number(enum cell_kind kind)
{
    return kind == CELL_COUNT || kind == CELL_SHARE || kind == CELL_DURATION;
}

/* A number that is not known, or no number at all. */
static bool is_empty(const struct cell *cell)
{
    return cell->kind == CELL_MISSING || (cell->kind == CELL_TEXT && cell->text == NULL) ||
           (cell->kind == CELL_SHARE && cell->share < 0) ||
           ((cell->kind == CELL_TIME || cell->kind == CELL_DURATION) &&
            cell->ns == DAY_NOT_KNOWN) ||
           (cell->kind == CELL_IDENTITY && cell->count == 0);
}

static const char *share_for_people(double share, char text[CELL_TEXT_SIZE])
{
    snprintf(text, CELL_TEXT_SIZE, share > 0 && share < 0.00095 ? "%.3f %%" : "%.1f %%",
             100 * share);
    return text;
}

const char *cell_for_people(const struct cell *cell, char text[CELL_TEXT_SIZE])
{
    char number[COUNT_TEXT_SIZE];

    if (is_empty(cell))
        return cell->kind == CELL_TEXT || cell->kind == CELL_IDENTITY ? "" : "-";
    switch (cell->kind) {
    case CELL_TEXT:
        return cell->text;
    case CELL_COUNT:
        snprintf(text, CELL_TEXT_SIZE, "%s%s", day_certainty_mark(cell->certainty),
                 count_to_text(cell->count, number));
        return text;
    case CELL_SHARE:
        return share_for_people(cell->share, text);
    case CELL_TIME:
        return moment_to_second(cell->ns, text);
    case CELL_DURATION:
        return duration_to_text(cell->ns, text);
    case CELL_IDENTITY:
        snprintf(text, CELL_TEXT_SIZE, "%016" PRIx64, cell->count);
        return text;
    case CELL_TRUTH:
        return cell->count != 0 ? "yes" : "no";
    case CELL_MISSING:
        break;
    }
    return "";
}

const char *cell_for_programs(const struct cell *cell, char text[CELL_TEXT_SIZE])
{
    if (is_empty(cell))
        return "";
    switch (cell->kind) {
    case CELL_TEXT:
        return cell->text;
    case CELL_COUNT:
        snprintf(text, CELL_TEXT_SIZE, "%" PRIu64, cell->count);
        return text;
    case CELL_SHARE:
        snprintf(text, CELL_TEXT_SIZE, "%.9f", cell->share);
        return text;
    case CELL_TIME:
        return moment_to_rfc3339(cell->ns, text);
    case CELL_DURATION:
        snprintf(text, CELL_TEXT_SIZE, "%.6f", (double)cell->ns / 1e6);
        return text;
    case CELL_IDENTITY:
        snprintf(text, CELL_TEXT_SIZE, "%016" PRIx64, cell->count);
        return text;
    case CELL_TRUTH:
        return cell->count != 0 ? "true" : "false";
    case CELL_MISSING:
        break;
    }
    return "";
}
