/*
 * A growing run of bytes. The bytes always have a NUL behind them that len does
 * not count, so data is a C string wherever the content is text.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data;	/* NULL only while nothing was ever added */
	size_t len;
	size_t cap;
};

#define BUF_INIT ((struct buf){ NULL, 0, 0 })

/* Give all memory back; the buffer is then as BUF_INIT. */
void buf_fini(struct buf *buf);

/* The same for secrets: the memory is overwritten first. What a growing buffer left behind is not. */
void buf_wipe(struct buf *buf);

/* Empty it, keep the memory. */
void buf_reset(struct buf *buf);

/* Make sure that more bytes fit behind len, and return where they go. */
char *buf_reserve(struct buf *buf, size_t more);

/* Here and not in buf.c: an answer to FETCH is millions of these, most of a few bytes. */
static inline void
buf_add(struct buf *buf, const void *bytes, size_t len)
{
	char *to = buf->cap - buf->len > len ? buf->data + buf->len : buf_reserve(buf, len);

	if (len > 0)
		memcpy(to, bytes, len);
	to[len] = '\0';
	buf->len += len;
}

static inline void
buf_addc(struct buf *buf, char c)
{
	char *to = buf->cap - buf->len > 1 ? buf->data + buf->len : buf_reserve(buf, 1);

	to[0] = c;
	to[1] = '\0';
	buf->len++;
}

static inline void
buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Decimal, without the cost of a format. */
void buf_addu(struct buf *buf, uint64_t number);

/* Drop the first n bytes. */
void buf_drop(struct buf *buf, size_t n);

/* The content as a C string that the caller frees; the buffer is empty after. */
char *buf_steal(struct buf *buf);

/* The content as a C string, "" when nothing was added. */
const char *buf_str(const struct buf *buf);

#endif
