/* A growing run of bytes. */
#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void
buf_fini(struct buf *buf)
{
	free(buf->data);
	*buf = BUF_INIT;
}

void
buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		mem_wipe(buf->data, buf->cap);
	buf_fini(buf);
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

char *
buf_reserve(struct buf *buf, size_t more)
{
	if (more >= SIZE_MAX - buf->len)
		die_no_memory();
	if (buf->cap < buf->len + more + 1)
		buf->data = mem_grow(buf->data, &buf->cap, buf->len + more + 1, 1);
	return buf->data + buf->len;
}

void
buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return;
	buf_reserve(buf, (size_t)n);
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
	va_end(args);
	buf->len += (size_t)n;
}

void
buf_addu(struct buf *buf, uint64_t number)
{
	enum { DIGITS = 20 };
	char digits[2 * DIGITS];	/* room behind the last digit: all of DIGITS is copied, a constant */
	size_t at = DIGITS;
	uint32_t low;
	char *to = buf_reserve(buf, DIGITS);

	for (; number > UINT32_MAX; number /= 10)
		digits[--at] = (char)('0' + number % 10);
	/* 32 bits: dividing them by a constant is a multiplication and a shift */
	low = (uint32_t)number;
	do {
		digits[--at] = (char)('0' + low % 10);
		low /= 10;
	} while (low > 0);
	memset(digits + DIGITS, 0, DIGITS);
	memcpy(to, digits + at, DIGITS);
	buf->len += DIGITS - at;
	buf->data[buf->len] = '\0';
}

void
buf_drop(struct buf *buf, size_t n)
{
	if (n >= buf->len) {
		buf_reset(buf);
		return;
	}
	if (n == 0)
		return;
	memmove(buf->data, buf->data + n, buf->len - n + 1);
	buf->len -= n;
}

char *
buf_steal(struct buf *buf)
{
	char *text = buf->data != NULL ? buf->data : mem_strdup("");

	*buf = BUF_INIT;
	return text;
}

const char *
buf_str(const struct buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}
