/* What kinds of bytes a run holds. */
#include "mail/scan.h"

#include <string.h>

typedef unsigned char vec16 __attribute__((vector_size(16)));

static unsigned
kind_of_byte(unsigned char c)
{
	return (c >= 0x80 ? SCAN_HIGH : 0) | (c < ' ' || c == 0x7f ? SCAN_CONTROL : 0)
	    | (c == '=' ? SCAN_EQUALS : 0);
}

unsigned
scan_kinds(const char *bytes, size_t len)
{
	vec16 high = { 0 }, control = { 0 }, equals = { 0 };
	unsigned kinds = 0;

	for (; len >= 16; bytes += 16, len -= 16) {
		vec16 here;

		memcpy(&here, bytes, 16);
		high |= here & 0x80;
		control |= (vec16)(here < ' ') | (vec16)(here == 0x7f);
		equals |= (vec16)(here == '=');
	}
	for (int i = 0; i < 16; i++)
		kinds |= (high[i] ? SCAN_HIGH : 0) | (control[i] ? SCAN_CONTROL : 0)
		    | (equals[i] ? SCAN_EQUALS : 0);
	for (; len > 0; bytes++, len--)
		kinds |= kind_of_byte((unsigned char)*bytes);
	return kinds;
}
