/* Follows a sensor's database and brings what is new in it to ClickHouse. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cli/clickhouse_access.h"
#include "cli/command.h"
#include "cli/ship_state.h"
#include "report/clickhouse.h"
#include "report/fleet_claim.h"
#include "report/fleet_schema.h"
#include "report/shipment.h"

#define EVERY_DEFAULT_S 30
#define BACKOFF_MIN_MS  1000
#define BACKOFF_MAX_MS  60000
/* A sleep is looked up from so often, which bounds how long the end takes. */
#define SLICE_MS 500

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

struct shipping {
    const struct options *options;
    struct clickhouse *clickhouse;
    char *state_path;
    char created[32]; /* the tables there; "" until they were looked at */
    uint64_t rows;    /* shipped by this process */
    unsigned backoff_ms;
    bool failing;
    bool unfit;     /* the tables, or the sensor's name: trying again would not change it */
    bool take_over; /* not done yet */
};

static void open_signals(void)
{
    const struct sigaction action = {.sa_handler = stop};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static void wait_ms(unsigned ms)
{
    while (ms > 0 && !stopped) {
        unsigned slice_ms = ms < SLICE_MS ? ms : SLICE_MS;
        const struct timespec slice = {.tv_nsec = (long)slice_ms * 1000000};

        nanosleep(&slice, NULL);
        ms -= slice_ms;
    }
}

static int look_at_tables(struct shipping *shipping, struct error *error)
{
    int status = 0;

    if (shipping->created[0] == '\0')
        status = fleet_schema_check(shipping->clickhouse, shipping->created, error);
    if (status < 0)
        shipping->created[0] = '\0';
    shipping->unfit = status == -2;
    return status < 0 ? -1 : 0;
}

/* Each round anew: another database may have taken over. */
static int claim_name(struct shipping *shipping, const struct shipment *shipment,
                      struct error *error)
{
    char host[HOST_NAME_MAX + 1] = "";
    const struct fleet_claim claim = {.sensor = shipment_sensor(shipment),
                                      .database = shipment_identity(shipment),
                                      .host = host,
                                      .now_ns = (int64_t)time(NULL) * 1000000000,
                                      .take_over = shipping->take_over};
    int status;

    if (claim.sensor[0] == '\0')
        return 0; /* there is nothing to ship */
    gethostname(host, HOST_NAME_MAX);
    status = fleet_claim(shipping->clickhouse, &claim, error);
    shipping->unfit = status == -2;
    if (status == 0)
        shipping->take_over = false;
    return status < 0 ? -1 : 0;
}

static int resume(const struct shipping *shipping, struct shipment *shipment,
                  const struct shipment_target *target, struct error *error)
{
    char *positions = ship_state_read(shipping->state_path, error);

    if (positions == NULL)
        return error->text[0] != '\0' ? -1 : 0;
    if (!shipment_resume(shipment, target, positions))
        remark(LOG_NOTICE,
               "%s: is not of this database, sensor and server as they are now: "
               "everything is shipped again",
               shipping->state_path);
    free(positions);
    return 0;
}

static int keep_positions(const struct shipping *shipping, const struct shipment *shipment,
                          const struct shipment_target *target, struct error *error)
{
    char *positions = shipment_positions(shipment, target);
    int status = positions == NULL ? error_set(error, "%s: out of memory", shipping->state_path)
                                   : ship_state_write(shipping->state_path, positions, error);

    free(positions);
    return status;
}

static void note_success(struct shipping *shipping)
{
    shipping->backoff_ms = 0;
    if (shipping->failing)
        remark(LOG_NOTICE, "%s: takes rows again", clickhouse_name(shipping->clickhouse));
    shipping->failing = false;
}

static int ship_batches(struct shipping *shipping, struct shipment *shipment, struct error *error)
{
    const struct shipment_target target = {.name = clickhouse_name(shipping->clickhouse),
                                           .created = shipping->created};
    struct shipment_batch batch;
    int status = resume(shipping, shipment, &target, error);

    while (status == 0 && !stopped && (status = shipment_next(shipment, &batch, error)) == 1) {
        status =
            clickhouse_insert(shipping->clickhouse, batch.into, batch.bytes, batch.size, error);
        if (status < 0)
            break;
        shipping->rows += batch.rows;
        shipment_acknowledge(shipment);
        note_success(shipping);
        status = keep_positions(shipping, shipment, &target, error);
    }
    return status;
}

/* All that is in the database now. */
static int ship_round(struct shipping *shipping, struct error *error)
{
    const struct options *options = shipping->options;
    struct shipment *shipment;
    int status;

    if (look_at_tables(shipping, error) < 0)
        return -1;
    shipment = shipment_open(options->database, error);
    if (shipment == NULL)
        return -1;
    status = claim_name(shipping, shipment, error);
    if (status == 0)
        status = ship_batches(shipping, shipment, error);
    shipment_close(shipment);
    return status;
}

/* Twice as long each time, and not for all sensors at the same moment. */
static void back_off(struct shipping *shipping, const struct error *error)
{
    if (!shipping->failing)
        remark(LOG_WARNING, "%s; trying again until it succeeds", error->text);
    shipping->failing = true;
    shipping->created[0] = '\0';
    shipping->backoff_ms = shipping->backoff_ms == 0 ? BACKOFF_MIN_MS : 2 * shipping->backoff_ms;
    if (shipping->backoff_ms > BACKOFF_MAX_MS)
        shipping->backoff_ms = BACKOFF_MAX_MS;
    wait_ms(shipping->backoff_ms / 2 + (unsigned)random() % (shipping->backoff_ms / 2));
}

static int follow(struct shipping *shipping)
{
    unsigned every_s =
        shipping->options->every_s > 0 ? shipping->options->every_s : EVERY_DEFAULT_S;
    struct error error;

    srandom((unsigned)time(NULL) ^ (unsigned)getpid());
    while (!stopped) {
        if (ship_round(shipping, &error) == 0) {
            note_success(shipping);
            wait_ms(every_s * 1000);
        } else if (shipping->unfit) {
            return complain_failed(&error);
        } else if (!stopped) {
            back_off(shipping, &error);
        }
    }
    return EXIT_DONE;
}

static int ship_once(struct shipping *shipping)
{
    struct error error;

    if (ship_round(shipping, &error) < 0)
        return complain_failed(&error);
    if (stopped)
        return complain_failed(&(struct error){"interrupted before all was shipped"});
    printf("%llu rows shipped to %s\n", (unsigned long long)shipping->rows,
           clickhouse_name(shipping->clickhouse));
    return EXIT_DONE;
}

static int open_and_run(struct shipping *shipping)
{
    const struct options *options = shipping->options;
    struct error error;

    shipping->clickhouse = clickhouse_access(options, options->to, 0, &stopped, &error);
    if (shipping->clickhouse == NULL)
        return complain_failed(&error);
    if (options->create && fleet_schema_create(shipping->clickhouse, options->cluster, &error) < 0)
        return complain_failed(&error);
    if (options->database == NULL)
        return EXIT_DONE;
    shipping->state_path =
        options->state != NULL
            ? strdup(options->state)
            : ship_state_path(options->database, clickhouse_name(shipping->clickhouse));
    if (shipping->state_path == NULL)
        return complain_failed(&(struct error){"out of memory"});
    return options->once ? ship_once(shipping) : follow(shipping);
}

int ship_run(struct options *options)
{
    struct shipping shipping = {.options = options, .take_over = options->take_over};
    int status;

    if (options->to == NULL)
        return complain_misused("ship: --to URL is needed");
    if (options->database == NULL && !options->create)
        return complain_misused("ship: --db FILE is needed" SERVICE_DATABASE);
    if (options->operands.count > 0)
        return complain_misused("ship: '%s' is no option", options->operands.items[0]);
    if (options->cluster != NULL && !options->create)
        return complain_misused("ship: --cluster belongs to --create");
    open_signals();
    status = open_and_run(&shipping);
    clickhouse_free(shipping.clickhouse);
    free(shipping.state_path);
    return status;
}
