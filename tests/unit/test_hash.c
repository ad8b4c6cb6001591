/*
 * CRC-32C without the instruction for it: on a processor that has the instruction
 * nothing else runs these tables, and files go from one machine to the other.
 */
#include "util/hash.c"

#include "test.h"

int
main(void)
{
	static unsigned char bytes[5000];
	uint64_t seed = 1;
	bool same = true;

	check(~crc_by_table(~0u, (const unsigned char *)"123456789", 9) == 0xe3069283,
	    "CRC-32C of the usual check string, by tables");
	for (size_t i = 0; i < sizeof bytes; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (unsigned char)(seed >> 56);
	}
	for (size_t len = 0; same && len < 600; len++)
		for (size_t at = 0; same && at < 9; at++)
			same = ~crc_by_table(~0u, bytes + at, len) == hash_crc32c(0, bytes + at, len);
	check(same, "both ways agree at every length and place");
	check(~crc_by_table(~0u, bytes, sizeof bytes) == hash_crc32c(0, bytes, sizeof bytes),
	    "and on what goes in three lanes");
	return test_done();
}
