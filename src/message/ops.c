/* The module's one symbol: the table of what it can do. */
#include <gmime/gmime.h>
#include <string.h>

#include "message/charset.h"
#include "message/decode.h"
#include "message/message.h"
#include "message/text.h"
#include "message/words.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"

extern const struct message_ops mayfly_message_ops;

/* GMime's own set-up, once, when the module is loaded. */
__attribute__((constructor)) static void
set_up(void)
{
	g_mime_init();
}

static void
header_text(const char *value, size_t len, struct buf *out)
{
	charset_begin();
	words_decode(value, len, out);
}

static int
to_utf8(const char *name, const char *bytes, size_t len, struct buf *out, struct err *err)
{
	struct charset charset;
	size_t from = out->len;
	const char *at, *end;
	uint32_t character = 0;
	bool broken = false;

	charset_begin();
	if (!charset_open(&charset, name, strlen(name))) {
		charset_close(&charset);
		return err_set(err, ERR_BADCHARSET, "This charset is not known here");
	}
	charset_feed(&charset, bytes, len, out);
	charset_end(&charset, out);
	charset_close(&charset);
	for (size_t i = 0; i < len && charset.kind == CHARSET_GUESS; i++)
		broken = broken || (unsigned char)bytes[i] >= 0x80;
	buf_add(out, "", 0);
	at = out->data + from;
	end = out->data + out->len;
	while (!broken && utf8_next(&at, end, &character))
		broken = character == 0xfffd;
	if (broken) {
		out->len = from;
		out->data[from] = '\0';
		return err_set(err, ERR_SYNTAX, "The text is not of the charset that it claims");
	}
	return 0;
}

static void
compose(const char *utf8, size_t len, struct buf *out)
{
	char *composed = g_utf8_normalize(utf8, (gssize)len, G_NORMALIZE_NFC);

	if (composed != NULL)
		buf_adds(out, composed);
	else
		buf_add(out, utf8, len);
	g_free(composed);
}

__attribute__((visibility("default"))) const struct message_ops mayfly_message_ops = {
	.version = MESSAGE_OPS_VERSION,
	.decode = decode_part,
	.text = text_walk,
	.header_text = header_text,
	.preview = text_preview,
	.to_utf8 = to_utf8,
	.compose = compose,
};
