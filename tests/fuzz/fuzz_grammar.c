/*
 * The small grammars of wire/: the first octet says which. What is read and
 * printed must read the same again; what is refused must leave no trace.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "wire/base64.h"
#include "wire/datetime.h"
#include "wire/flags.h"
#include "wire/match.h"
#include "wire/mutf7.h"
#include "wire/seqset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_seqset(const char *text, size_t len)
{
	struct seqset set = SEQSET_INIT, again = SEQSET_INIT, both = SEQSET_INIT, none = SEQSET_INIT;
	const char *at = text, *end = text + len;
	struct buf printed = BUF_INIT;

	if (seqset_parse(&set, &at, end) == 0) {
		assert(at <= end);
		seqset_resolve(&set, 77);
		for (size_t i = 1; i < set.count; i++)
			assert((uint64_t)set.ranges[i - 1].last + 1 < set.ranges[i].first);
		seqset_print(&set, &printed);
		at = buf_str(&printed);
		assert(seqset_parse(&again, &at, at + printed.len) == 0);
		assert(again.count == set.count);
		seqset_intersect(&set, &again, &both);
		assert(seqset_size(&both) == seqset_size(&set));
		seqset_subtract(&set, &again, &none);
		assert(none.count == 0);
	}
	seqset_fini(&set);
	seqset_fini(&again);
	seqset_fini(&both);
	seqset_fini(&none);
	buf_fini(&printed);
}

/* Two coders that are each other's inverse, whichever way one begins. */
static void
try_both_ways(const char *text, size_t len, int (*decode)(const char *, size_t, struct buf *),
    int (*encode)(const char *, size_t, struct buf *))
{
	struct buf there = BUF_INIT, back = BUF_INIT;

	if (decode(text, len, &there) == 0) {
		assert(encode(buf_str(&there), there.len, &back) == 0);
		assert(back.len == len && (len == 0 || memcmp(back.data, text, len) == 0));
	} else {
		assert(there.len == 0);
	}
	buf_fini(&there);
	buf_fini(&back);
}

static int
encode_base64(const char *bytes, size_t len, struct buf *out)
{
	base64_encode(bytes, len, out);
	return 0;
}

static void
try_dates(const char *text, size_t len)
{
	int64_t day, utc, again;
	int zone, zone_again;
	struct buf printed = BUF_INIT;

	if (datetime_parse_date(text, len, &day)) {
		datetime_print_date(day, &printed);
		assert(datetime_parse_date(printed.data, printed.len, &again) && again == day);
	}
	buf_reset(&printed);
	if (datetime_parse(text, len, &utc, &zone) || datetime_parse_header(text, len, &utc, &zone)) {
		datetime_print(utc, zone, &printed);
		assert(datetime_parse(printed.data, printed.len, &again, &zone_again));
		assert(again == utc && zone_again == zone);
	}
	buf_fini(&printed);
}

/* Pattern, NUL, name. */
static void
try_match(const char *text, size_t len)
{
	const char *nul = memchr(text, '\0', len);
	size_t pattern = nul ? (size_t)(nul - text) : len;
	struct match *match = match_new(text, pattern, '/');
	size_t name = nul ? len - pattern - 1 : 0;
	unsigned answer = match_name(match, nul ? nul + 1 : "", name);

	assert(answer <= (MATCH_NAME | MATCH_BELOW));
	assert(answer == match_name(match, nul ? nul + 1 : "", name));
	match_free(&match);
	match = match_new("*", 1, '/');
	assert(match_name(match, text, len) == (MATCH_NAME | MATCH_BELOW));
	match_free(&match);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned bit;
	char *text;

	if (size < 1)
		return 0;
	text = malloc(size);	/* of exactly this size, for the sanitizer */
	memcpy(text, data, size);
	switch (data[0] % 6) {
	case 0:
		try_seqset(text + 1, size - 1);
		break;
	case 1:
		try_both_ways(text + 1, size - 1, mutf7_decode, mutf7_encode);
		break;
	case 2:
		try_both_ways(text + 1, size - 1, base64_decode, encode_base64);
		break;
	case 3:
		try_dates(text + 1, size - 1);
		break;
	case 4:
		try_match(text + 1, size - 1);
		break;
	default:
		if (flags_parse(text + 1, size - 1, &bit) == FLAGS_SYSTEM)
			assert(bit != 0 && (bit & (bit - 1)) == 0);
	}
	free(text);
	return 0;
}
