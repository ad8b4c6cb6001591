/*
 * zlib, mapped when it is first needed: most sessions neither ask for COMPRESS
 * nor meet a compressed message, and linked in it costs each of them 12 kB and
 * a twentieth of its start.
 */
#ifndef UTIL_ZLIB_LATE_H
#define UTIL_ZLIB_LATE_H

#include <zlib.h>

struct zlib {
	__typeof__(deflateInit2_) *deflate_init;
	__typeof__(deflate) *deflate;
	__typeof__(deflateEnd) *deflate_end;
	__typeof__(inflateInit2_) *inflate_init;
	__typeof__(inflate) *inflate;
	__typeof__(inflateReset) *inflate_reset;
	__typeof__(inflateEnd) *inflate_end;
	__typeof__(inflateSetDictionary) *inflate_set_dictionary;
	__typeof__(inflateGetDictionary) *inflate_get_dictionary;
};

/*
 * The functions, for the life of the process; NULL when the library cannot be
 * had, which is logged once. The first call must not come from two threads at once.
 */
const struct zlib *zlib_late(void);

#endif
