/* A ClickHouse that is broken, hostile, or no ClickHouse at all: the input is its answers, each
 * behind two octets of length, and what a fleet's report makes of them is printed in all forms. The
 * last answer is said again and again. Stands in for report/clickhouse.c's clickhouse_ask(). */
#include "fuzz_print.h"
#include "report/fleet.h"
#include "report/fleet_claim.h"
#include "report/incident_json.h"
#include "unit/samples.h"

#define ASKED_MAX 400

static struct fuzz_input answers;
static char *answer;
static unsigned asked;

const char *__wrap_clickhouse_ask(struct clickhouse *clickhouse, const char *sql, size_t *size,
                                  struct error *error);
int __wrap_clickhouse_insert(struct clickhouse *clickhouse, const char *into, const void *rows,
                             size_t size, struct error *error);

const char *__wrap_clickhouse_ask(struct clickhouse *clickhouse, const char *sql, size_t *size,
                                  struct error *error)
{
    size_t length = 0;
    const uint8_t *bytes = answers.at;

    (void)clickhouse;
    if (strlen(sql) == 0)
        abort();
    if (++asked > ASKED_MAX) {
        error_set(error, "it has had enough");
        return NULL;
    }
    if (answers.left > 0 || answer == NULL) {
        length = fuzz_u16(&answers);
        bytes = fuzz_take(&answers, &length);
        free(answer);
        answer = malloc(length + 1);
        if (answer == NULL)
            abort();
        memcpy(answer, bytes, length);
        answer[length] = '\0';
    }
    if (size != NULL)
        *size = length;
    return answer;
}

int __wrap_clickhouse_insert(struct clickhouse *clickhouse, const char *into, const void *rows,
                             size_t size, struct error *error)
{
    (void)clickhouse;
    (void)into;
    (void)error;
    free(fuzz_copy(rows, size));
    return 0;
}

static void report(struct fleet *fleet)
{
    struct error error;
    struct incident_filter filter = INCIDENT_FILTER_ALL;
    const struct day_options options = {.fleet = fleet,
                                        .databases = fleet_databases(fleet),
                                        .database_count = fleet_count(fleet),
                                        .from_ns = INT64_MIN,
                                        .to_ns = INT64_MAX,
                                        .now_ns = SAMPLE_TIME_NS};
    struct day *day = day_new(&options, &error);
    struct incident *incident = malloc(sizeof(*incident));
    struct incident_context context;

    if (incident == NULL)
        abort();
    if (day != NULL)
        fuzz_print(day);
    day_free(day);
    if (fleet_find(fleet, 1, &error) == 0 &&
        database_select(fleet_databases(fleet)[0], &filter, &error) == 0)
        while (database_next(fleet_databases(fleet)[0], incident, &context, &error) == 1)
            continue;
    free(incident);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct clickhouse_options options = {.url = "http://127.0.0.1:1/fuzz"};
    struct error error;
    struct clickhouse *server = clickhouse_new(&options, &error);
    struct fleet *fleet;

    fuzz_fix_hashes();
    if (server == NULL)
        abort();
    answers = (struct fuzz_input){data, size};
    asked = 0;
    fleet = fleet_open(server, NULL, 0, &error);
    if (fleet != NULL)
        report(fleet);
    fleet_close(fleet);
    clickhouse_free(server);
    free(answer);
    answer = NULL;
    return 0;
}
