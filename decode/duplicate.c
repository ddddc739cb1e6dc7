#include "decode/duplicate.h"

#include <stdlib.h>

#include "decode/rare.h"

/* A power of two. A mirror of 200,000 packets a second fills them in one window. */
#define SIGHTS      4096
#define BUCKET_BITS 13
#define BUCKETS     (1 << BUCKET_BITS)
/* Times are remembered in units of 1,024 ns that begin anew after more than an hour. */
#define MOMENT_SHIFT 10
/* How far a copy may lag behind; resolvers and stubs wait longer before they send again. */
#define WINDOW (UINT32_C(20000000) >> MOMENT_SHIFT)
/* How far on the same path. */
#define REPEAT (UINT32_C(1000000) >> MOMENT_SHIFT)
/* The same packet more often than this within the window is a flood, and not compared. */
#define ALIKE_MAX 16
/* How many others are looked through for the next alike. */
#define STEPS_MAX 64

#define PATHS 256
/* How many packets speak for a path's habits: counts are halved where they reach the most. */
#define HABIT_MOST  64
#define HABIT_LEAST 32

enum { SIGHT_FIRST = 1, SIGHT_COPIED = 2, SIGHT_REPEATED = 4 };

/* A packet that was seen, not long ago. */
struct sight {
    uint64_t key;
    uint32_t moment;
    uint32_t path;
    uint16_t older; /* how far back the sight before it in its bucket lies, 0: there is none */
    uint16_t checksum;
    uint8_t ttl;
    uint8_t flags;
};

struct bucket {
    uint32_t moment; /* of the last sight in it */
    uint16_t number; /* its low bits */
    uint16_t marks;  /* mark_of() all sights in it, which nearly always say that none is alike, and
                        that no sight, long out of the processor's caches, need be looked at */
};

/* Packets that came along a path, those of them that were on another, too, and those that had been
 * on this one just before. */
struct path {
    uint32_t id;
    uint32_t source;
    uint16_t last_ip_id;
    bool ip_ids_vary;
    uint8_t seen, twinned, repeated;
};

/* Sights are numbered as they come and kept in a ring. A bucket's begin anew after a pause. A
 * path's place is claimed by the last that comes: to forget one costs nothing but its habits. */
struct duplicates {
    uint32_t next;
    struct bucket buckets[BUCKETS];
    struct sight sights[SIGHTS];
    struct path paths[PATHS];
};

struct duplicates *duplicates_new(void)
{
    return calloc(1, sizeof(struct duplicates));
}

void duplicates_free(struct duplicates *duplicates)
{
    free(duplicates);
}

static struct path *claim_path(struct duplicates *duplicates, uint32_t id, uint32_t source)
{
    struct path *path = &duplicates->paths[id % PATHS];

    if (path->id != id)
        *path = (struct path){.id = id, .source = source};
    return path;
}

static struct bucket *find_bucket(struct duplicates *duplicates, const struct likeness *likeness)
{
    return &duplicates->buckets[likeness->key >> (64 - BUCKET_BITS)];
}

/* Its bucket is of the highest bits. */
static uint16_t mark_of(const struct likeness *likeness)
{
    return (uint16_t)(1u << likeness->key % 16);
}

static uint32_t moment(int64_t time_ns)
{
    return (uint32_t)(time_ns >> MOMENT_SHIFT);
}

static void count_in_path(struct path *path, const struct likeness *likeness)
{
    if (++path->seen == HABIT_MOST) {
        path->seen /= 2;
        path->twinned /= 2;
        path->repeated /= 2;
    }
    if (likeness->ip_id != 0) {
        path->ip_ids_vary |= path->last_ip_id != 0 && likeness->ip_id != path->last_ip_id;
        path->last_ip_id = likeness->ip_id;
    }
}

/* Hardly anything on it was on another path. */
static bool stands_alone(const struct path *path)
{
    return path->seen >= HABIT_LEAST && path->twinned < path->seen / 4;
}

/* Nearly every packet of this file or interface does. */
static bool all_come_twice(const struct duplicates *duplicates, uint32_t source)
{
    unsigned seen = 0, repeated = 0;

    for (size_t i = 0; i < PATHS; i++) {
        const struct path *path = &duplicates->paths[i];

        if (path->source == source) {
            seen += path->seen;
            repeated += path->repeated;
        }
    }
    return seen >= HABIT_LEAST && 2 * repeated + seen / 16 >= seen;
}

static bool is_within(uint32_t moment, uint32_t other, uint32_t span)
{
    return moment - other + span <= 2 * span;
}

/* What the sender leaves in the checksum where the network card is to fill it in: the sum over the
 * pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1). The prefix of a mapped IPv4 address
 * adds nothing to a ones' complement sum. */
static uint16_t unfilled_checksum(const struct flow *flow, const struct likeness *likeness)
{
    uint32_t sum =
        likeness->protocol + (likeness->size_bytes >> 16) + (likeness->size_bytes & 0xffff);

    for (size_t i = 0; i < sizeof(flow->source.bytes); i += 2)
        sum += (uint32_t)load_u16(flow->source.bytes + i) + load_u16(flow->destination.bytes + i);
    while (sum > UINT16_MAX)
        sum = (sum >> 16) + (sum & UINT16_MAX);
    return (uint16_t)sum;
}

/* Equal checksums stand for equal messages; one that was not computed says nothing. */
static bool checksums_agree(const struct likeness *likeness, const struct flow *flow,
                            uint16_t other)
{
    uint16_t unfilled;

    if (likeness->checksum == other || likeness->protocol == 0 || likeness->checksum == 0 ||
        other == 0)
        return true;
    unfilled = unfilled_checksum(flow, likeness);
    return likeness->checksum == unfilled || other == unfilled;
}

/* How far back from the next sight the bucket's last one lies, 0: it has none any more. A number
 * that a bucket kept for too long may be any other's by now: whose key is compared, as always. */
static uint32_t bucket_age(const struct duplicates *duplicates, const struct bucket *bucket)
{
    uint16_t age = (uint16_t)(duplicates->next - bucket->number);

    return age <= SIGHTS ? age : 0;
}

static struct sight *sight_of_age(struct duplicates *duplicates, uint32_t age)
{
    return &duplicates->sights[(duplicates->next - age) % SIGHTS];
}

/* Of the one before `sight` in its bucket. */
static uint32_t older_age(const struct sight *sight, uint32_t age)
{
    return sight->older != 0 && age + sight->older <= SIGHTS ? age + sight->older : 0;
}

/* How far back the last sight with this key lies, from `age` on and within the window; 0: there is
 * none. */
static RARE uint32_t find_key(struct duplicates *duplicates, uint64_t key, uint32_t now,
                              uint32_t age)
{
    for (unsigned steps = 0; steps < STEPS_MAX && age != 0; steps++) {
        const struct sight *sight = sight_of_age(duplicates, age);

        if (!is_within(sight->moment, now, WINDOW))
            return 0;
        if (sight->key == key)
            return age;
        age = older_age(sight, age);
    }
    return 0;
}

/* The sights of the same packet within the window. */
struct alike {
    unsigned count;
    unsigned on_path;       /* along the path of the packet in question */
    struct sight *repeated; /* of these the last, if just before and not followed by another yet */
    unsigned first_count;
    struct sight *firsts[ALIKE_MAX]; /* those that were no copies, the latest first */
};

static void find_alike(struct duplicates *duplicates, const struct likeness *likeness,
                       const struct flow *flow, uint32_t now, uint32_t age, struct alike *alike)
{
    struct sight *sight;

    alike->count = alike->on_path = alike->first_count = 0;
    alike->repeated = NULL;
    for (; age != 0; age = find_key(duplicates, likeness->key, now, older_age(sight, age))) {
        sight = sight_of_age(duplicates, age);
        if (++alike->count == ALIKE_MAX)
            break;
        if (!checksums_agree(likeness, flow, sight->checksum))
            continue;
        if (sight->path == likeness->path && sight->ttl == likeness->ttl) {
            alike->on_path++;
            if (!alike->repeated && !(sight->flags & SIGHT_REPEATED) &&
                is_within(sight->moment, now, REPEAT))
                alike->repeated = sight;
        }
        if (sight->flags & SIGHT_FIRST)
            alike->firsts[alike->first_count++] = sight;
    }
}

/* What the packet would be a copy of, along another path: the n-th that came of the n-th. */
static struct sight *find_original(const struct alike *alike, const struct likeness *likeness)
{
    struct sight *original;

    if (alike->on_path >= alike->first_count)
        return NULL;
    original = alike->firsts[alike->first_count - 1 - alike->on_path];
    return original->path != likeness->path || original->ttl != likeness->ttl ? original : NULL;
}

static bool is_copy(struct duplicates *duplicates, const struct likeness *likeness,
                    struct path *path, struct sight *original)
{
    struct path *from = &duplicates->paths[original->path % PATHS];
    bool believed = likeness->ip_id != 0 || !stands_alone(path) || from->id != original->path ||
                    !stands_alone(from);

    path->twinned += path->twinned < path->seen;
    if (!(original->flags & SIGHT_COPIED) && from->id == original->path)
        from->twinned += from->twinned < from->seen;
    original->flags |= SIGHT_COPIED;
    return believed;
}

static bool is_repetition(const struct duplicates *duplicates, const struct likeness *likeness,
                          struct path *path, struct sight *repeated)
{
    repeated->flags |= SIGHT_REPEATED;
    path->repeated += path->repeated < path->seen;
    return (likeness->ip_id != 0 && path->ip_ids_vary) || all_come_twice(duplicates, path->source);
}

/* `last`: the bucket's last sight is within the window. */
static void remember(struct duplicates *duplicates, const struct likeness *likeness, uint32_t now,
                     bool last, uint8_t flags)
{
    struct bucket *bucket = find_bucket(duplicates, likeness);

    duplicates->sights[duplicates->next % SIGHTS] = (struct sight){
        .key = likeness->key,
        .moment = now,
        .path = likeness->path,
        .older = last ? (uint16_t)bucket_age(duplicates, bucket) : 0,
        .checksum = likeness->checksum,
        .ttl = likeness->ttl,
        .flags = flags,
    };
    bucket->moment = now;
    bucket->number = (uint16_t)duplicates->next++;
    bucket->marks = (uint16_t)((last ? bucket->marks : 0) | mark_of(likeness));
}

/* Is the packet a copy, where the last that is like it lies `age` back? Seldom asked: out of the
 * way of the others. */
static RARE bool judge(struct duplicates *duplicates, const struct likeness *likeness,
                       const struct flow *flow, uint32_t now, uint32_t age, struct path *path)
{
    struct alike alike;
    struct sight *original;
    uint8_t flags = 0;
    bool copied = false;

    find_alike(duplicates, likeness, flow, now, age, &alike);
    if (alike.count == ALIKE_MAX)
        return false;
    original = find_original(&alike, likeness);
    if (original) {
        copied = is_copy(duplicates, likeness, path, original);
    } else if (alike.repeated) {
        copied = is_repetition(duplicates, likeness, path, alike.repeated);
        flags = SIGHT_REPEATED;
    }
    remember(duplicates, likeness, now, true, copied ? flags : flags | SIGHT_FIRST);
    return copied;
}

void duplicate_foresee(const struct decoder *decoder, const struct likeness *likeness)
{
    __builtin_prefetch(find_bucket(decoder->duplicates, likeness), 1);
}

static inline bool found(struct duplicates *duplicates, const struct likeness *likeness,
                         const struct flow *flow, int64_t time_ns, uint32_t source)
{
    struct path *path = claim_path(duplicates, likeness->path, source);
    const struct bucket *bucket = find_bucket(duplicates, likeness);
    uint32_t now = moment(time_ns);
    bool last = is_within(bucket->moment, now, WINDOW);

    count_in_path(path, likeness);
    if (bucket->marks & mark_of(likeness) & -(unsigned)last) { /* one branch, hardly ever gone */
        uint32_t age = find_key(duplicates, likeness->key, now, bucket_age(duplicates, bucket));

        if (age != 0)
            return judge(duplicates, likeness, flow, now, age, path);
    }
    remember(duplicates, likeness, now, last, SIGHT_FIRST);
    return false;
}

bool duplicate_found(struct decoder *decoder, const struct likeness *likeness)
{
    return found(decoder->duplicates, likeness, &decoder->event->flow, decoder->now.time_ns,
                 decoder->now.source);
}

uint64_t duplicates_find(struct decoder *decoder, struct event *const *events,
                         const struct likeness *likenesses, size_t count)
{
    struct duplicates *duplicates = decoder->duplicates;
    uint64_t copies = 0;

    for (size_t i = 0; i < count; i++) {
        const struct event *event = events[i];

        copies |=
            (uint64_t)found(duplicates, &likenesses[i], &event->flow, event->time_ns, event->source)
            << i;
    }
    return copies;
}
