/* zlib takes its input as const only where asked to. */
#define ZLIB_CONST

#include "capture/codec.h"

#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define TOO_LARGE "needs more memory to decompress than it may take (half of --memory)"
/* zstd and lz4 lose what they made in the call that meets damage, so each call gets little to do.
 */
#define SLICE_BYTES (4u << 10)

static size_t slice(size_t size)
{
    return size < SLICE_BYTES ? size : SLICE_BYTES;
}

struct gzip {
    z_stream stream;
    bool at_boundary;
    bool padded; /* zeros follow the last member, as tapes leave them */
};

static void *gzip_open(uint64_t memory_bytes)
{
    struct gzip *gzip = calloc(1, sizeof(*gzip));

    (void)memory_bytes;
    if (gzip && inflateInit2(&gzip->stream, 16 + MAX_WBITS) != Z_OK) {
        free(gzip);
        return NULL;
    }
    return gzip;
}

static int gzip_step(void *state, struct codec_io *io, const char **why)
{
    struct gzip *gzip = state;
    z_stream *stream = &gzip->stream;
    int result;

    if (gzip->at_boundary && io->in_size > 0) {
        gzip->padded = gzip->padded || io->in[0] == 0;
        if (gzip->padded) {
            io->in += io->in_size;
            io->in_size = 0;
            return 0;
        }
        inflateReset(stream);
        gzip->at_boundary = false;
    }
    if (gzip->at_boundary)
        return 0;

    stream->next_in = io->in;
    stream->avail_in = (uInt)io->in_size;
    stream->next_out = io->out;
    stream->avail_out = (uInt)io->out_size;
    result = inflate(stream, Z_NO_FLUSH);
    io->in = stream->next_in;
    io->in_size = stream->avail_in;
    io->out = stream->next_out;
    io->out_size = stream->avail_out;

    if (result == Z_STREAM_END)
        gzip->at_boundary = true;
    else if (result != Z_OK && result != Z_BUF_ERROR) {
        *why = stream->msg ? stream->msg : zError(result);
        return -1;
    }
    return 0;
}

static bool gzip_at_boundary(const void *state)
{
    return ((const struct gzip *)state)->at_boundary;
}

static uint64_t gzip_memory_bytes(const void *state)
{
    (void)state;
    return UINT64_C(64) << 10;
}

static void gzip_close(void *state)
{
    struct gzip *gzip = state;

    inflateEnd(&gzip->stream);
    free(gzip);
}

struct xz {
    lzma_stream stream;
    bool ended;
};

static void *xz_open(uint64_t memory_bytes)
{
    struct xz *xz = calloc(1, sizeof(*xz));

    if (xz && lzma_stream_decoder(&xz->stream, memory_bytes, LZMA_CONCATENATED) != LZMA_OK) {
        free(xz);
        return NULL;
    }
    return xz;
}

static const char *xz_error_text(lzma_ret result)
{
    static const struct {
        lzma_ret result;
        const char *text;
    } texts[] = {
        {LZMA_MEM_ERROR, "out of memory"},
        {LZMA_MEMLIMIT_ERROR, TOO_LARGE},
        {LZMA_FORMAT_ERROR, "not in xz format"},
        {LZMA_OPTIONS_ERROR, "unsupported compression options"},
        {LZMA_BUF_ERROR, "compressed data cut short"},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].result == result)
            return texts[i].text;
    }
    return "compressed data is corrupt";
}

static int xz_step(void *state, struct codec_io *io, const char **why)
{
    struct xz *xz = state;
    lzma_ret result;

    if (xz->ended)
        return 0;
    xz->stream.next_in = io->in;
    xz->stream.avail_in = io->in_size;
    xz->stream.next_out = io->out;
    xz->stream.avail_out = io->out_size;
    result = lzma_code(&xz->stream, io->in_ended ? LZMA_FINISH : LZMA_RUN);
    io->in = xz->stream.next_in;
    io->in_size = xz->stream.avail_in;
    io->out = xz->stream.next_out;
    io->out_size = xz->stream.avail_out;

    xz->ended = result == LZMA_STREAM_END;
    /* Without input it may have nothing to do: that is for the next step to complain about. */
    if (result == LZMA_OK || xz->ended || (result == LZMA_BUF_ERROR && !io->in_ended))
        return 0;
    *why = xz_error_text(result);
    return -1;
}

static bool xz_at_boundary(const void *state)
{
    return ((const struct xz *)state)->ended;
}

static uint64_t xz_memory_bytes(const void *state)
{
    return lzma_memusage(&((const struct xz *)state)->stream);
}

static void xz_close(void *state)
{
    struct xz *xz = state;

    lzma_end(&xz->stream);
    free(xz);
}

struct zstd {
    ZSTD_DStream *stream;
    bool at_boundary;
};

/* Its window is a power of two. */
static int window_log(uint64_t memory_bytes)
{
    ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    int log = bounds.lowerBound;

    while (log < bounds.upperBound && UINT64_C(2) << log <= memory_bytes)
        log++;
    return log;
}

static void *zstd_open(uint64_t memory_bytes)
{
    struct zstd *zstd = calloc(1, sizeof(*zstd));

    if (!zstd)
        return NULL;
    zstd->stream = ZSTD_createDStream();
    if (!zstd->stream || ZSTD_isError(ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax,
                                                             window_log(memory_bytes)))) {
        ZSTD_freeDStream(zstd->stream);
        free(zstd);
        return NULL;
    }
    return zstd;
}

static int zstd_step(void *state, struct codec_io *io, const char **why)
{
    struct zstd *zstd = state;
    ZSTD_inBuffer in = {io->in, slice(io->in_size), 0};
    ZSTD_outBuffer out = {io->out, io->out_size, 0};
    size_t result;

    if (zstd->at_boundary && io->in_size == 0)
        return 0;
    result = ZSTD_decompressStream(zstd->stream, &out, &in);
    io->in += in.pos;
    io->in_size -= in.pos;
    io->out += out.pos;
    io->out_size -= out.pos;

    if (ZSTD_isError(result)) {
        *why = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
                   ? TOO_LARGE
                   : ZSTD_getErrorName(result);
        return -1;
    }
    zstd->at_boundary = result == 0;
    return 0;
}

static bool zstd_at_boundary(const void *state)
{
    return ((const struct zstd *)state)->at_boundary;
}

static uint64_t zstd_memory_bytes(const void *state)
{
    return ZSTD_sizeof_DStream(((const struct zstd *)state)->stream);
}

static void zstd_close(void *state)
{
    struct zstd *zstd = state;

    ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

struct lz4 {
    LZ4F_dctx *context;
    bool at_boundary;
};

static void *lz4_open(uint64_t memory_bytes)
{
    struct lz4 *lz4 = calloc(1, sizeof(*lz4));

    (void)memory_bytes;
    if (lz4 && LZ4F_isError(LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION))) {
        free(lz4);
        return NULL;
    }
    return lz4;
}

static int lz4_step(void *state, struct codec_io *io, const char **why)
{
    struct lz4 *lz4 = state;
    size_t in_size = slice(io->in_size);
    size_t out_size = io->out_size;
    size_t result;

    if (lz4->at_boundary && in_size == 0)
        return 0;
    result = LZ4F_decompress(lz4->context, io->out, &out_size, io->in, &in_size, NULL);
    if (LZ4F_isError(result)) {
        *why = LZ4F_getErrorName(result);
        return -1;
    }
    io->in += in_size;
    io->in_size -= in_size;
    io->out += out_size;
    io->out_size -= out_size;
    lz4->at_boundary = result == 0;
    return 0;
}

static bool lz4_at_boundary(const void *state)
{
    return ((const struct lz4 *)state)->at_boundary;
}

/* Two blocks of the largest size. */
static uint64_t lz4_memory_bytes(const void *state)
{
    (void)state;
    return UINT64_C(8) << 20;
}

static void lz4_close(void *state)
{
    struct lz4 *lz4 = state;

    LZ4F_freeDecompressionContext(lz4->context);
    free(lz4);
}

#define FUNCTIONS(name)                                                                            \
    name##_open, name##_step, name##_at_boundary, name##_memory_bytes, name##_close

static const struct codec codecs[] = {
    {"gzip", {0x1f, 0x8b, 0x08}, 3, 0xff, FUNCTIONS(gzip)},
    {"xz", {0xfd, '7', 'z', 'X', 'Z', 0x00}, 6, 0xff, FUNCTIONS(xz)},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, 0xff, FUNCTIONS(zstd)},
    /* A skippable frame first: pzstd writes its files so. */
    {"zstd", {0x50, 0x2a, 0x4d, 0x18}, 4, 0xf0, FUNCTIONS(zstd)},
    {"lz4", {0x04, 0x22, 0x4d, 0x18}, 4, 0xff, FUNCTIONS(lz4)},
};

const struct codec *codec_recognise(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        const struct codec *codec = &codecs[i];

        if (size >= codec->magic_size && (bytes[0] & codec->first_mask) == codec->magic[0] &&
            memcmp(bytes + 1, codec->magic + 1, codec->magic_size - 1u) == 0)
            return codec;
    }
    return NULL;
}
