/* How far a shipment is, as text. */
#include <inttypes.h>
#include <stdio.h>

#include "report/shipment_private.h"

/* "minutes", "minutes removed", "minutes_hourly". */
static const char *stream_name(const struct stream *stream, char name[64])
{
    snprintf(name, 64, "%s%s", stream->table->name,
             stream->kind == STREAM_REMOVALS ? " removed" : "");
    return name;
}

static json_t *describe(const struct shipment *shipment, const struct shipment_target *target)
{
    char identity[24];

    snprintf(identity, sizeof(identity), "%016" PRIx64, (uint64_t)shipment->identity);
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "to", target->name, "created", target->created,
                     "database", identity, "sensor", shipment->sensor, "schema",
                     FLEET_SCHEMA_VERSION);
}

char *shipment_positions(const struct shipment *shipment, const struct shipment_target *target)
{
    json_t *root = describe(shipment, target), *positions = json_object();
    char name[64], *text = NULL;

    for (size_t i = 0; i < shipment->stream_count; i++) {
        const struct stream *stream = &shipment->streams[i];

        if (stream->position != NULL)
            json_object_set(positions, stream_name(stream, name), stream->position);
    }
    if (root != NULL && json_object_set_new(root, "positions", positions) == 0)
        text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

/* A position that a query of this stream may have given, and not of a later state. */
static bool is_position(const struct shipment *shipment, const struct stream *stream,
                        const json_t *position)
{
    size_t count = stream->kind == STREAM_HOURS ? 1 : stream->position_count;
    const json_t *part;
    size_t i;

    if (!json_is_array(position) || json_array_size(position) != count ||
        !json_is_integer(json_array_get(position, 0)) ||
        json_integer_value(json_array_get(position, 0)) > shipment->revision)
        return false;
    json_array_foreach(position, i, part)
    {
        if (!json_is_integer(part) && !json_is_string(part))
            return false;
    }
    return true;
}

static bool is_of(const struct shipment *shipment, const struct shipment_target *target,
                  const json_t *root)
{
    json_t *expected = describe(shipment, target), *value;
    bool same = json_is_object(root) && expected != NULL;
    const char *key;

    json_object_foreach(expected, key, value)
    {
        if (!json_equal(value, json_object_get(root, key)))
            same = false;
    }
    json_decref(expected);
    return same;
}

bool shipment_resume(struct shipment *shipment, const struct shipment_target *target,
                     const char *positions)
{
    json_t *root = json_loads(positions, 0, NULL);
    const json_t *of = json_object_get(root, "positions");
    bool fits = is_of(shipment, target, root) && json_is_object(of);
    char name[64];

    for (size_t i = 0; i < shipment->stream_count && fits; i++) {
        const struct stream *stream = &shipment->streams[i];
        const json_t *position = json_object_get(of, stream_name(stream, name));

        fits = position == NULL || is_position(shipment, stream, position);
    }
    for (size_t i = 0; i < shipment->stream_count && fits; i++) {
        struct stream *stream = &shipment->streams[i];

        json_decref(stream->position);
        stream->position = json_incref(json_object_get(of, stream_name(stream, name)));
    }
    json_decref(root);
    return fits;
}
