/* What stands for what in a fleet's queries. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/exchange.h"
#include "report/fleet_private.h"
#include "report/gather.h"

char *fleet_condition_on_texts(const char *column, char *const *texts, size_t count)
{
    size_t size = 0;
    char *condition = NULL;
    FILE *output = open_memstream(&condition, &size);

    if (output == NULL)
        return NULL;
    fprintf(output, count == 0 ? "1" : "%s IN (", column);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", output);
        clickhouse_quote(output, texts[i], strlen(texts[i]));
    }
    fputs(count == 0 ? "" : ")", output);
    if (fclose(output) == EOF) {
        free(condition);
        return NULL;
    }
    return condition;
}

static char *condition_on_addresses(const char *column, const struct address *addresses,
                                    size_t count)
{
    size_t size = 0;
    char *condition = NULL, text[ADDRESS_TEXT_SIZE];
    FILE *output = open_memstream(&condition, &size);

    if (output == NULL)
        return NULL;
    fprintf(output, count == 0 ? "1" : "%s IN (", column);
    for (size_t i = 0; i < count; i++)
        fprintf(output, "%s'%s'", i > 0 ? ", " : "", address_to_text(&addresses[i], text));
    fputs(count == 0 ? "" : ")", output);
    if (fclose(output) == EOF) {
        free(condition);
        return NULL;
    }
    return condition;
}

void fleet_values_text(struct fleet_values *values, const char *name, const char *text)
{
    values->list[values->count++] = (struct fleet_value){name, text};
}

void fleet_values_number(struct fleet_values *values, const char *name, int64_t number)
{
    char *text = values->numbers[values->number_count++];

    snprintf(text, sizeof(values->numbers[0]), "%" PRId64, number);
    fleet_values_text(values, name, text);
}

int64_t fleet_clamp(int64_t time_ns, const struct day_span *slice)
{
    return time_ns < slice->from_ns ? slice->from_ns
           : time_ns > slice->to_ns ? slice->to_ns
                                    : time_ns;
}

static bool consists_of_hours(const struct fleet_wish *wish)
{
    return wish->span.from_ns % HOUR_NS == 0 && wish->span.to_ns % HOUR_NS == 0;
}

const struct day_span fleet_all_time = {.from_ns = INT64_MIN, .to_ns = INT64_MAX};

int fleet_values_init(struct fleet_values *values, const struct fleet *fleet,
                      const struct fleet_wish *wish, const struct day_span *slice,
                      struct error *error)
{
    const struct gather_bounds bounds = gather_bounds(&wish->span);
    /* Sums of hours are enough where nothing smaller is asked for. */
    bool hours = consists_of_hours(wish), hourly = hours && wish->grain_ns % HOUR_NS == 0;

    *values = (struct fleet_values){.count = 0};
    values->resolvers = condition_on_addresses("resolver", wish->resolvers, wish->resolver_count);
    values->asked = condition_on_addresses("server", wish->resolvers, wish->resolver_count);
    if (values->resolvers == NULL || values->asked == NULL)
        return error_set(error, "out of memory");
    fleet_values_text(values, "sensors", fleet->sensors);
    fleet_values_text(values, "resolvers", values->resolvers);
    fleet_values_text(values, "asked", values->asked);
    fleet_values_text(values, "minutes", hourly ? "minutes_hourly" : "minutes");
    fleet_values_text(values, "quarters", hours ? "minutes_hourly" : "minutes");
    fleet_values_text(values, "quarter", hours ? "hour_ns" : "minute_ns");
    fleet_values_text(values, "servfails", hourly ? "servfails_hourly" : "servfails");
    fleet_values_text(values, "minute", hourly ? "hour_ns" : "minute_ns");
    fleet_values_text(values, "failures", hours ? "servfails_hourly" : "servfails");
    /* Where outages are counted by rows, all rows have to come. */
    snprintf(values->uncounted, sizeof(values->uncounted),
             wish->resolver_count > 0 ? "1" : "(time_ns < %" PRId64 " OR time_ns >= %" PRId64 ")",
             bounds.inner_from_ns, bounds.inner_to_ns);
    fleet_values_text(values, "uncounted", values->uncounted);
    fleet_values_number(values, "from", fleet_clamp(wish->span.from_ns, slice));
    fleet_values_number(values, "to", fleet_clamp(wish->span.to_ns, slice));
    fleet_values_number(values, "from_minute", fleet_clamp(bounds.from_minute_ns, slice));
    fleet_values_number(values, "inner_from", fleet_clamp(bounds.inner_from_ns, slice));
    fleet_values_number(values, "inner_to", fleet_clamp(bounds.inner_to_ns, slice));
    fleet_values_number(values, "outer_from", fleet_clamp(bounds.outer_from_ns, slice));
    fleet_values_number(values, "outer_to", fleet_clamp(bounds.outer_to_ns, slice));
    fleet_values_number(values, "span_inner_from", bounds.inner_from_ns);
    fleet_values_number(values, "span_outer_from", bounds.outer_from_ns);
    fleet_values_number(values, "recently", bounds.recently_ns);
    fleet_values_number(values, "grain", wish->grain_ns > 0 ? wish->grain_ns : INT64_MAX);
    fleet_values_number(values, "tops", (int64_t)wish->tops_max);
    return 0;
}

void fleet_values_clear(struct fleet_values *values)
{
    free(values->resolvers);
    free(values->asked);
}
