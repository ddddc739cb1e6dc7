/* Integers as they stand on the wire: most significant octet first. The octets are there. */
#ifndef DECODE_LOAD_H
#define DECODE_LOAD_H

#include <stdint.h>

static inline uint16_t load_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t load_u32(const uint8_t *bytes)
{
    return (uint32_t)load_u16(bytes) << 16 | load_u16(bytes + 2);
}

#endif
