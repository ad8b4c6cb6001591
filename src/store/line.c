/* Checksums and escapes of our text files. */
#include "store/line.h"

#include <stdint.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/hash.h"

enum { CRC_TAIL = 9 };	/* a space and 8 hex digits */

void
line_close(struct buf *buf, size_t start)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t crc = hash_crc32c(0, buf->data + start, buf->len - start);
	char tail[CRC_TAIL + 1] = " ";

	for (int i = 0; i < 8; i++)
		tail[1 + i] = hex[crc >> (28 - 4 * i) & 15];
	tail[CRC_TAIL] = '\n';
	buf_add(buf, tail, sizeof tail);
}

bool
line_whole(const char *bytes, size_t *len)
{
	uint32_t want = 0;

	if (*len <= CRC_TAIL || bytes[*len - CRC_TAIL] != ' ')
		return false;
	for (size_t i = *len - CRC_TAIL + 1; i < *len; i++) {
		int digit = ascii_hex(bytes[i]);

		if (digit < 0)
			return false;
		want = want << 4 | (uint32_t)digit;
	}
	*len -= CRC_TAIL;
	return hash_crc32c(0, bytes, *len) == want;
}

void
line_escape(struct buf *buf, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *plain = text;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c > ' ' && c < 0x7f && c != '%')
			continue;
		buf_add(buf, plain, (size_t)(text - plain));
		buf_addc(buf, '%');
		buf_addc(buf, hex[c >> 4]);
		buf_addc(buf, hex[c & 15]);
		plain = text + 1;
	}
	buf_add(buf, plain, (size_t)(text - plain));
}

char *
line_unescape(const char *bytes, size_t len, bool slash, char **to)
{
	char *text = *to, *out = text;

	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];

		if (c == '%') {
			if (len - i < 3 || ascii_hex(bytes[i + 1]) < 0 || ascii_hex(bytes[i + 2]) < 0)
				return NULL;
			c = (char)(ascii_hex(bytes[i + 1]) << 4 | ascii_hex(bytes[i + 2]));
			i += 2;
		}
		if (c == '\0' || (c == '/' && !slash))
			return NULL;
		*out++ = c;
	}
	*out++ = '\0';
	*to = out;
	return text;
}
