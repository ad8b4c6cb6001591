/*
 * Hashes. The keyed one is for tables whose keys strangers choose (file names,
 * message ids): without the key nobody can make names that collide. The other
 * tells whether bytes on disk are whole.
 */
#ifndef UTIL_HASH_H
#define UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 of len bytes under a 128-bit key given as two words. */
uint64_t hash_keyed(const uint64_t key[2], const void *bytes, size_t len);

/* CRC-32C (Castagnoli) of len bytes; start with 0, or go on from an earlier result. */
uint32_t hash_crc32c(uint32_t crc, const void *bytes, size_t len);

/* Bytes that nobody can guess, from the kernel. */
void hash_random(void *bytes, size_t len);

#endif
