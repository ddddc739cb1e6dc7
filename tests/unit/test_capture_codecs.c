/* A compressed capture is the same as a plain one, and what is wrong with it is said. */
#include "capture_files.h"

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define COUNT 6000

static void compress_gzip(const struct buffer *plain, struct buffer *packed)
{
    size_t bound = compressBound(plain->size) + 64;
    uint8_t *bytes = malloc(bound);
    z_stream stream = {.next_in = plain->bytes, .avail_in = (uInt)plain->size};

    stream.next_out = bytes;
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buffer_add(packed, bytes, stream.total_out);
    deflateEnd(&stream);
    free(bytes);
}

static void compress_xz_by(uint32_t preset, const struct buffer *plain, struct buffer *packed)
{
    size_t bound = lzma_stream_buffer_bound(plain->size), size = 0;
    uint8_t *bytes = malloc(bound);

    assert_int_equal(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, NULL, plain->bytes,
                                             plain->size, bytes, &size, bound),
                     LZMA_OK);
    buffer_add(packed, bytes, size);
    free(bytes);
}

static void compress_xz(const struct buffer *plain, struct buffer *packed)
{
    compress_xz_by(0, plain, packed);
}

static void compress_zstd(const struct buffer *plain, struct buffer *packed)
{
    size_t bound = ZSTD_compressBound(plain->size);
    uint8_t *bytes = malloc(bound);
    size_t size = ZSTD_compress(bytes, bound, plain->bytes, plain->size, 1);

    assert_false(ZSTD_isError(size));
    buffer_add(packed, bytes, size);
    free(bytes);
}

static void compress_lz4(const struct buffer *plain, struct buffer *packed)
{
    /* With a checksum a block, so that damage is found where it is. */
    LZ4F_preferences_t preferences = {
        .frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled,
                      .blockChecksumFlag = LZ4F_blockChecksumEnabled}};
    size_t bound = LZ4F_compressFrameBound(plain->size, &preferences);
    uint8_t *bytes = malloc(bound);
    size_t size = LZ4F_compressFrame(bytes, bound, plain->bytes, plain->size, &preferences);

    assert_false(LZ4F_isError(size));
    buffer_add(packed, bytes, size);
    free(bytes);
}

static const struct {
    const char *name;
    void (*compress)(const struct buffer *plain, struct buffer *packed);
} codecs[] = {
    {"gzip", compress_gzip}, {"xz", compress_xz}, {"zstd", compress_zstd}, {"lz4", compress_lz4}};

#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

static struct buffer make_capture(void)
{
    static struct packet packets[COUNT];

    for (size_t i = 0; i < COUNT; i++)
        packets[i] = (struct packet){START_NS + (int64_t)i * 1000, (uint32_t)i * 2654435761u,
                                     100 + (uint32_t)i % 300};
    return pcap_of(packets, COUNT);
}

static struct reading read_plain(struct folder *folder)
{
    struct buffer file = make_capture();
    struct reading reading = read_file(folder_add(folder, "plain", &file));

    assert_int_equal(reading.count, COUNT);
    return reading;
}

static void a_compressed_capture_is_the_same(void **state)
{
    struct folder *folder = *state;
    struct reading plain = read_plain(folder);

    for (size_t i = 0; i < CODECS; i++) {
        struct buffer file = make_capture(), packed = {0};
        struct reading reading;

        codecs[i].compress(&file, &packed);
        buffer_clear(&file);
        reading = read_file(folder_add(folder, codecs[i].name, &packed));
        assert_int_equal(reading.error_count, 0);
        assert_same_frames(&plain, &reading);
        assert_true(plain.fingerprints[0] == reading.fingerprints[0]);
        reading_clear(&reading);
    }
    reading_clear(&plain);
}

static void members_behind_each_other_are_one_capture(void **state)
{
    struct folder *folder = *state;
    struct reading plain = read_plain(folder);

    for (size_t i = 0; i < CODECS; i++) {
        struct buffer file = make_capture(), packed = {0};
        struct reading reading;

        for (size_t begin = 0; begin < file.size; begin += 300001) {
            size_t left = file.size - begin;
            struct buffer part = {.bytes = file.bytes + begin,
                                  .size = left < 300001 ? left : 300001};

            codecs[i].compress(&part, &packed);
        }
        buffer_clear(&file);
        reading = read_file(folder_add(folder, codecs[i].name, &packed));
        assert_int_equal(reading.error_count, 0);
        assert_same_frames(&plain, &reading);
        reading_clear(&reading);
    }
    reading_clear(&plain);
}

static void a_cut_file_gives_what_is_there_and_an_error(void **state)
{
    struct folder *folder = *state;
    struct reading plain = read_plain(folder);

    for (size_t i = 0; i < CODECS; i++) {
        struct buffer file = make_capture(), packed = {0};
        struct reading reading;

        codecs[i].compress(&file, &packed);
        buffer_clear(&file);
        packed.size -= packed.size / 3;
        reading = read_file(folder_add(folder, codecs[i].name, &packed));
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, "(decompressed): ");
        assert_error_says(&reading, 0, "compressed data cut short");
        assert_true(reading.count > COUNT / 3 && reading.count < COUNT);
        assert_int_equal(reading.frames[reading.count - 1].errors_before, 0);
        plain.count = reading.count;
        assert_same_frames(&plain, &reading);
        reading_clear(&reading);
    }
    reading_clear(&plain);
}

static void damage_gives_what_is_before_and_an_error(void **state)
{
    struct folder *folder = *state;
    struct reading plain = read_plain(folder);

    for (size_t i = 0; i < CODECS; i++) {
        struct buffer file = make_capture(), packed = {0};
        struct buffer before = {.bytes = file.bytes, .size = file.size / 2};
        struct buffer behind = {.bytes = file.bytes + before.size, .size = file.size - before.size};
        struct reading reading;
        size_t damaged;

        codecs[i].compress(&before, &packed);
        damaged = packed.size;
        codecs[i].compress(&behind, &packed);
        memset(packed.bytes + damaged, 0xee, 16);
        buffer_clear(&file);
        reading = read_file(folder_add(folder, codecs[i].name, &packed));
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, codecs[i].name);
        assert_error_says(&reading, 0, "(decompressed): ");
        assert_true(reading.count > COUNT / 3 && reading.count < COUNT);
        plain.count = reading.count;
        assert_same_frames(&plain, &reading);
        reading_clear(&reading);
    }
    reading_clear(&plain);
}

static void zeros_behind_a_gzip_member_are_padding(void **state)
{
    static const uint8_t zeros[1024];
    struct folder *folder = *state;
    struct buffer file = make_capture(), packed = {0};
    struct reading reading;

    compress_gzip(&file, &packed);
    buffer_clear(&file);
    buffer_add(&packed, zeros, sizeof(zeros));
    reading = read_file(folder_add(folder, "padded", &packed));
    assert_int_equal(reading.error_count, 0);
    assert_int_equal(reading.count, COUNT);
    reading_clear(&reading);
}

static void nothing_compressed_is_an_empty_file(void **state)
{
    struct folder *folder = *state;

    for (size_t i = 0; i < CODECS; i++) {
        struct buffer nothing = {.bytes = calloc(1, 1)}, packed = {0};
        struct reading reading;

        codecs[i].compress(&nothing, &packed);
        buffer_clear(&nothing);
        reading = read_file(folder_add(folder, codecs[i].name, &packed));
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, "no capture: empty");
        reading_clear(&reading);
    }
}

/* `zstd --long`, which does not know how much will come. */
static void compress_zstd_long(const struct buffer *plain, struct buffer *packed)
{
    size_t bound = ZSTD_compressBound(plain->size);
    uint8_t *bytes = malloc(bound);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_inBuffer in = {plain->bytes, plain->size, 0};
    ZSTD_outBuffer out = {bytes, bound, 0};

    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    assert_false(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush)));
    assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
    buffer_add(packed, bytes, out.pos);
    ZSTD_freeCCtx(context);
    free(bytes);
}

static void compress_xz_9(const struct buffer *plain, struct buffer *packed)
{
    compress_xz_by(9, plain, packed);
}

static void what_decompressing_takes_is_known_and_bounded(void **state)
{
    static const struct {
        void (*compress)(const struct buffer *plain, struct buffer *packed);
        uint64_t takes_bytes;
    } large[] = {{compress_xz_9, UINT64_C(64) << 20}, {compress_zstd_long, UINT64_C(128) << 20}};
    struct folder *folder = *state;
    struct buffer file = make_capture();
    const char *paths[2] = {folder_add(folder, "plain", &file)};

    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        struct capture_options options = {0};
        struct buffer packed = {0};
        struct reading reading;
        uint64_t takes_bytes;

        file = make_capture();
        large[i].compress(&file, &packed);
        buffer_clear(&file);
        paths[1] = folder_add(folder, i == 0 ? "xz" : "zstd", &packed);
        reading = read_as(&paths[1], 1, &options, &takes_bytes);
        assert_int_equal(reading.error_count, 0);
        assert_int_equal(reading.count, COUNT);
        assert_in_range(takes_bytes, large[i].takes_bytes, large[i].takes_bytes / 8 * 9);
        reading_clear(&reading);

        options.decompression_bytes = large[i].takes_bytes / 2;
        reading = read_as(paths, 2, &options, &takes_bytes);
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, "needs more memory to decompress");
        assert_int_equal(reading.count, COUNT);
        assert_true(takes_bytes < large[i].takes_bytes / 2);
        reading_clear(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(a_compressed_capture_is_the_same),
        folder_test(members_behind_each_other_are_one_capture),
        folder_test(a_cut_file_gives_what_is_there_and_an_error),
        folder_test(damage_gives_what_is_before_and_an_error),
        folder_test(zeros_behind_a_gzip_member_are_padding),
        folder_test(nothing_compressed_is_an_empty_file),
        folder_test(what_decompressing_takes_is_known_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
