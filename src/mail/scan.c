/* What kinds of bytes a run holds. */
#include "mail/scan.h"

#include <stdint.h>
#include <string.h>

typedef unsigned char vec16 __attribute__((vector_size(16)));

static vec16
kinds_of(vec16 here)
{
	return (here & SCAN_HIGH)
	    | (((vec16)(here < ' ') | (vec16)(here == 0x7f)) & SCAN_CONTROL)
	    | ((vec16)(here == '=') & SCAN_EQUALS)
	    | (((vec16)(here == '"') | (vec16)(here == '\\')) & SCAN_QUOTED);
}

unsigned
scan_kinds(const char *bytes, size_t len)
{
	vec16 here, kinds = { 0 };
	uint64_t half[2];

	for (; len >= sizeof here; bytes += sizeof here, len -= sizeof here) {
		memcpy(&here, bytes, sizeof here);
		kinds |= kinds_of(here);
	}
	if (len > 0) {
		memset(&here, ' ', sizeof here);	/* of no kind */
		memcpy(&here, bytes, len);
		kinds |= kinds_of(here);
	}
	memcpy(half, &kinds, sizeof half);
	half[0] |= half[1];
	half[0] |= half[0] >> 32;
	half[0] |= half[0] >> 16;
	half[0] |= half[0] >> 8;
	return half[0] & 0xff;
}
