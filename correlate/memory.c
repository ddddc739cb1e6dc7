#include "correlate/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)
/* What is smaller is rounded up to a large page at too high a price. */
#define LARGE_FROM ((size_t)1 << 20)

static size_t round_up(size_t size)
{
    return (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
}

/* Maps more than is needed, to begin where a large page may, and gives back what stands over. */
static void *map_aligned(size_t size)
{
    uint8_t *mapped = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t before;

    if (mapped == MAP_FAILED)
        return NULL;
    before = round_up((size_t)(uintptr_t)mapped) - (size_t)(uintptr_t)mapped;
    if (before > 0)
        (void)munmap(mapped, before);
    if (before < LARGE_PAGE)
        (void)munmap(mapped + before + size, LARGE_PAGE - before);
    (void)madvise(mapped + before, size, MADV_HUGEPAGE); /* where it is not refused */
    return mapped + before;
}

void *memory_reserve(size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / 2 / size)
        return NULL;
    return count * size < LARGE_FROM ? calloc(count, size) : map_aligned(round_up(count * size));
}

void memory_release(void *memory, size_t count, size_t size)
{
    if (!memory)
        return;
    if (count * size < LARGE_FROM)
        free(memory);
    else
        (void)munmap(memory, round_up(count * size));
}
