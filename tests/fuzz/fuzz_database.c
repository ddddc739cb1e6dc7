/* A database that others wrote, or that somebody has tampered with: the input changes cells of one
 * that is in order, and everything that is read out of it is printed in all forms. A change is two
 * octets that choose the column, one for the kind of value, two for its length, and its octets. A
 * kind of its own is how far `ship` had come, out of the file that it keeps. */
#include <sqlite3.h>
#include <unistd.h>

#include "fuzz_print.h"
#include "report/database.h"
#include "report/incident_json.h"
#include "report/incident_text.h"
#include "report/shipment.h"
#include "store/sketch_sql.h"
#include "store/store.h"
#include "unit/samples.h"

#define INCIDENTS   3
#define CHANGES_MAX 64
#define COLUMNS_MAX 512
#define BATCHES_MAX 200

enum { KIND_TEXT, KIND_INTEGER, KIND_BLOB, KIND_NULL, KIND_POSITIONS };

/* One that is in order, and the statements that change each of its columns. */
static struct template
{
    uint8_t *image;
    size_t size;
    char *changes[COLUMNS_MAX];
    unsigned change_count;
}
template;

static void add(struct store *store, const struct finding *finding)
{
    struct error error;

    if (store_add(store, finding, &error) < 0)
        abort();
}

static void add_sights(struct store *store, struct finding *finding)
{
    finding->kind = FINDING_SIGNATURE;
    finding->signature = (struct signature_sight){
        .time_ns = SAMPLE_TIME_NS,
        .server = sample_address("192.0.2.53"),
        .zone = sample_name("example.com."),
        .type_covered = TYPE_A,
        .key_tag = 1,
        .algorithm = 13,
        .inception_ns = SAMPLE_TIME_NS - SAMPLE_MS(86400000),
        .expiration_ns = SAMPLE_TIME_NS + SAMPLE_MS(86400000),
    };
    add(store, finding);
    finding->kind = FINDING_DELEGATION;
    finding->delegation = (struct delegation_sight){
        .time_ns = SAMPLE_TIME_NS,
        .zone = sample_name("example.com."),
        .server = sample_address("192.0.2.53"),
        .server_name = sample_name("ns1.example.com."),
        .nameservers = 1,
        .listed = 1,
        .outcome = OUTCOME_REFUSED,
    };
    add(store, finding);
}

static void fill(struct store *store)
{
    struct finding *finding = calloc(1, sizeof(*finding));
    const struct source_health health = {.packets = 100,
                                         .dns_messages = 90,
                                         .dns_responses = 45,
                                         .first_time_ns = SAMPLE_TIME_NS,
                                         .last_time_ns = SAMPLE_TIME_NS + SAMPLE_MS(60000)};
    struct error error;

    if (finding == NULL || store_begin_source(store, 0, 1, "fuzz.pcap", &error) < 0)
        abort();
    for (unsigned i = 0; i < INCIDENTS; i++) {
        finding->kind = FINDING_INCIDENT;
        sample_incident(&finding->incident, i);
        finding->incident.ede_count = 1;
        finding->incident.contributing_count = 1;
        add(store, finding);
    }
    finding->kind = FINDING_MINUTE;
    finding->minute = sample_minute(SAMPLE_TIME_NS / 60000000000 * 60000000000, 10);
    add(store, finding);
    finding->minute.server = sample_address("192.0.2.53");
    finding->minute.is_resolver = false;
    add(store, finding);
    add_sights(store, finding);
    if (store_set_health(store, 0, &health, &error) < 0 || store_finish(store, &error) < 0)
        abort();
    free(finding);
}

static void take_image(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) < 0)
        abort();
    template.size = (size_t)ftell(file);
    template.image = malloc(template.size);
    rewind(file);
    if (template.image == NULL || fread(template.image, template.size, 1, file) != 1)
        abort();
    template.image[18] = template.image[19] = 1; /* no write-ahead log: it lies in memory */
    fclose(file);
}

/* The image in memory, to be changed. */
static sqlite3 *open_copy(void)
{
    unsigned char *copy = sqlite3_malloc64(template.size);
    sqlite3 *handle;

    if (copy == NULL || sqlite3_open(":memory:", &handle) != SQLITE_OK)
        abort();
    memcpy(copy, template.image, template.size);
    if (sqlite3_deserialize(
            handle, "main", copy, (sqlite3_int64) template.size, (sqlite3_int64) template.size,
            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK ||
        sketch_add_functions(handle) != SQLITE_OK)
        abort();
    return handle;
}

static void list_columns(void)
{
    sqlite3 *handle = open_copy();
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(handle,
                           "SELECT format('UPDATE OR IGNORE %w SET %w = ?', t.name, c.name) "
                           "FROM sqlite_schema AS t, pragma_table_info(t.name) AS c "
                           "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' "
                           "ORDER BY t.name, c.cid",
                           -1, &statement, NULL) != SQLITE_OK)
        abort();
    while (sqlite3_step(statement) == SQLITE_ROW && template.change_count < COLUMNS_MAX)
        template.changes[template.change_count++] =
            strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    if (template.change_count == 0)
        abort();
}

static void make_template(void)
{
    char folder[] = "/tmp/dnsblame-fuzz-XXXXXX", path[64];
    struct store_options options = {
        .path = path, .sensor = "fuzz", .analyzer_version = "0", .memory_bytes = 1 << 20};
    struct error error;
    struct store *store;

    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof(path), "%s/x.db", folder);
    store = store_open(&options, &error);
    if (store == NULL)
        abort();
    fill(store);
    store_close(store);
    take_image(path);
    unlink(path);
    rmdir(folder);
    list_columns();
}

static void bind(sqlite3_stmt *statement, unsigned kind, const uint8_t *bytes, size_t size)
{
    int64_t number = 0;

    memcpy(&number, bytes, size < sizeof(number) ? size : sizeof(number));
    if (kind == KIND_TEXT)
        sqlite3_bind_text(statement, 1, (const char *)bytes, (int)size, SQLITE_TRANSIENT);
    else if (kind == KIND_INTEGER)
        sqlite3_bind_int64(statement, 1, number);
    else if (kind == KIND_BLOB)
        sqlite3_bind_blob(statement, 1, bytes, (int)size, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(statement, 1);
}

struct positions {
    const uint8_t *text;
    size_t size;
};

static void change(sqlite3 *handle, struct fuzz_input *input, struct positions *positions)
{
    unsigned column = fuzz_u16(input) % template.change_count;
    unsigned kind = fuzz_u8(input) & 7;
    size_t size = fuzz_u16(input);
    const uint8_t *bytes = fuzz_take(input, &size);
    sqlite3_stmt *statement;

    if (kind == KIND_POSITIONS) {
        *positions = (struct positions){bytes, size};
        return;
    }
    /* What the schema forbids is not done. */
    if (sqlite3_prepare_v2(handle, template.changes[column], -1, &statement, NULL) == SQLITE_OK) {
        bind(statement, kind, bytes, size);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
}

/* As `list` and `show` do. */
static void tell_incidents(struct database *database)
{
    struct incident_filter filter = INCIDENT_FILTER_ALL;
    struct incident *incident = malloc(sizeof(*incident));
    struct incident_context context;
    struct fuzz_output output;
    const struct page page = {.output = fuzz_output_begin(&output)->file, .width = 80};
    struct error error;
    int status = incident == NULL ? -1 : database_select(database, &filter, &error);

    while (status == 0 && database_next(database, incident, &context, &error) == 1) {
        incident_text_line(&page, incident);
        incident_text_brief(&page, incident);
        incident_text_story(&page, incident, &context);
        incident_json_print(page.output, incident, &context, &error);
    }
    fuzz_output_check(&output, "");
    fuzz_output_end(&output);
    free(incident);
}

/* Goes on from positions in an envelope that fits. */
static void resume(struct shipment *shipment, const struct positions *positions)
{
    static const char key[] = "\"positions\": {";
    const struct shipment_target target = {"http://127.0.0.1/fuzz", "now"};
    char *fitting = shipment_positions(shipment, &target), *text = NULL;
    char *begin = fitting != NULL ? strstr(fitting, key) : NULL;

    if (begin == NULL ||
        asprintf(&text, "%.*s%.*s%s", (int)(begin - fitting + sizeof(key) - 1), fitting,
                 (int)positions->size, (const char *)positions->text, strchr(begin, '}')) < 0)
        abort();
    shipment_resume(shipment, &target, text);
    free(text);
    free(fitting);
}

static void ship(const char *path, const struct positions *positions)
{
    struct error error;
    struct shipment *shipment = shipment_open(path, &error);
    struct shipment_batch batch;

    if (shipment == NULL)
        return;
    if (positions->size > 0)
        resume(shipment, positions);
    for (unsigned i = 0; i < BATCHES_MAX && shipment_next(shipment, &batch, &error) == 1; i++) {
        free(fuzz_copy(batch.bytes, batch.size));
        shipment_acknowledge(shipment);
    }
    shipment_close(shipment);
}

static void report(char *path)
{
    struct error error;
    struct database *database = database_open(path, &error);
    const struct day_options options = {.databases = &database,
                                        .paths = &path,
                                        .database_count = 1,
                                        .from_ns = SAMPLE_TIME_NS - SAMPLE_MS(3600000),
                                        .to_ns = SAMPLE_TIME_NS + SAMPLE_MS(3600000),
                                        .now_ns = SAMPLE_TIME_NS};
    struct day *day;

    if (database == NULL)
        return;
    tell_incidents(database);
    day = day_new(&options, &error);
    if (day != NULL)
        fuzz_print(day);
    day_free(day);
    database_close(database);
}

/* SQLite follows links, hence no file in memory. */
static void write_image(const unsigned char *image, sqlite3_int64 size, char *path)
{
    int file = mkstemp(path);

    if (file < 0 || write(file, image, (size_t)size) != size)
        abort();
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char path[] = "/tmp/dnsblame-fuzz-XXXXXX";
    unsigned char *image;
    sqlite3_int64 image_size;
    sqlite3 *handle;
    struct positions positions = {0};

    fuzz_fix_hashes();
    if (template.image == NULL)
        make_template();
    handle = open_copy();
    for (unsigned i = 0; input.left > 0 && i < CHANGES_MAX; i++)
        change(handle, &input, &positions);
    image = sqlite3_serialize(handle, "main", &image_size, 0);
    if (image == NULL)
        abort();
    write_image(image, image_size, path);
    sqlite3_free(image);
    sqlite3_close(handle);
    report(path);
    ship(path, &positions);
    unlink(path);
    return 0;
}
