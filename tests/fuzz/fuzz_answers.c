/*
 * What imapdrill reads of a server: answers, cut in any place, and their text
 * as conditions and the log see it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drill/check.h"
#include "drill/escape.h"
#include "drill/facts.h"
#include "drill/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct response_limits limits = { 4096, 1 << 20 };

/* All that comes of the bytes when they come in pieces of this size. */
static void
read_all(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
	struct response response;
	const char *why = NULL;
	uint64_t octets = 0;

	response_init(&response);
	for (size_t i = 0; i < size && why == NULL; i += piece) {
		size_t n = piece < size - i ? piece : size - i;
		char *copy = malloc(n);
		const char *at = copy, *end = copy + n;

		memcpy(copy, data + i, n);
		while (at < end && why == NULL) {
			int r = response_feed(&response, &at, end, &limits, &why);

			assert(response.text.len <= RESPONSE_KEEP);
			assert(r > 0 || r < 0 || at == end);
			if (r <= 0)
				continue;
			octets += response.size;
			buf_add(out, buf_str(&response.text), response.text.len);
			buf_addf(out, "|%llu\n", (unsigned long long)response.size);
		}
		free(copy);
	}
	assert(octets <= size);
	buf_adds(out, why ? why : "");
	response_fini(&response);
}

static void
look(const char *text, size_t len)
{
	struct buf field = BUF_INIT, back = BUF_INIT;
	char *copy = malloc(len + 1), why[100];
	struct check check = { .role = CHECK_EXPECT };
	struct seen seen;
	size_t left;

	memcpy(copy, text, len);
	copy[len] = '\0';
	seen_init(&seen, copy, len);
	assert(seen.answer.rest >= copy && seen.answer.rest + seen.answer.rest_len <= copy + len);
	if (check_parse(&check, "untagged /FETCH .*\"x\"/", why, sizeof why))
		check_fits(&check, &seen, NULL, NULL);
	seen_fini(&seen);
	check_fini(&check);
	escape_field(text, len, 0, &field);
	assert(escape_read(buf_str(&field), field.len, &back, &left) && left == 0);
	assert(back.len == len && (len == 0 || memcmp(back.data, text, len) == 0));
	buf_reset(&back);
	escape_read(text, len, &back, &left);	/* of a log that is none */
	buf_fini(&field);
	buf_fini(&back);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;

	if (size < 1)
		return 0;
	read_all(data + 1, size - 1, size, &whole);
	read_all(data + 1, size - 1, 1 + data[0] % 7, &pieces);
	assert(whole.len == pieces.len);
	assert(whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	look((const char *)data, size);
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
