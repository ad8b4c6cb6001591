/* mail/unpack: each way whole, cut at every octet, with every octet wrong, several in a row, too much. */
#include <stdlib.h>

#include "mail/unpack.h"
#include "test.h"
#include "util/buf.h"
#include "util/err.h"

#define PLAIN "Subject: packed\n\nAll of it.\nAll of it.\nAll of it.\n"

enum { ZEROS = 65536, BOUND = 1 << 20, SLACK = 1 << 20 };

#define TEXT(text) { text, sizeof text - 1 }

/* Made by gzip -9, zstd -19, the blocks of lz4 -9 behind Dovecot's header, bzip2, xz -0. */
static const struct {
	const char *name;
	size_t again;	/* from here on it can be repeated: what follows is more of the same message */
	struct {
		const char *bytes;
		size_t len;
	} plain, zeros;
} rows[] = {
	{ "gzip", 0, TEXT(
	    "\037\213\010\000\000\000\000\000\002\003\013\056\115\312\112\115\056\261\122\050\110\114"
	    "\316\116\115\341\342\162\314\311\121\310\117\123\310\054\321\303\301\004\000\153\215\370"
	    "\060\062\000\000\000"), TEXT(
	    "\037\213\010\000\000\000\000\000\002\003\355\301\001\001\000\000\000\200\220\376\257\356"
	    "\010\012\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	    "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
	    "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\152"
	    "\353\216\227\327\000\000\001\000") },
	{ "zstd", 0, TEXT(
	    "\050\265\057\375\000\150\015\001\000\330\123\165\142\152\145\143\164\072\040\160\141\143"
	    "\153\145\144\012\012\101\154\154\040\157\146\040\151\164\056\001\000\273\056\143"), TEXT(
	    "\050\265\057\375\000\150\115\000\000\010\000\001\000\374\177\035\010\001") },
	{ "lz4", 19, TEXT(
	    "\104\157\166\145\143\157\164\055\114\132\064\015\052\233\305\000\001\000\000\000\000\000"
	    "\045\376\014\123\165\142\152\145\143\164\072\040\160\141\143\153\145\144\012\012\101\154"
	    "\154\040\157\146\040\151\164\056\013\000\120\040\151\164\056\012"), TEXT(
	    "\104\157\166\145\143\157\164\055\114\132\064\015\052\233\305\000\001\000\000\000\000\001"
	    "\013\037\000\001\000\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"
	    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\347\120\000"
	    "\000\000\000\000") },
	{ "bzip2", 0, TEXT(
	    "\102\132\150\071\061\101\131\046\123\131\157\002\261\331\000\000\011\337\200\000\020\100"
	    "\001\000\020\040\000\010\000\077\074\306\000\040\000\041\224\064\000\030\205\060\232\150"
	    "\015\061\057\011\034\236\232\060\023\001\237\135\012\316\170\125\266\124\240\016\121\376"
	    "\056\344\212\160\241\040\336\005\143\262"), TEXT(
	    "\102\132\150\071\061\101\131\046\123\131\327\161\351\353\000\000\200\300\000\300\000\000"
	    "\010\040\000\060\200\051\032\001\244\003\213\271\042\234\050\110\153\270\364\365\200") },
	{ "xz", 0, TEXT(
	    "\375\067\172\130\132\000\000\004\346\326\264\106\002\000\041\001\014\000\000\000\217\230"
	    "\101\234\340\000\061\000\043\135\000\051\235\110\106\312\200\357\130\150\131\236\261\333"
	    "\301\107\153\072\141\266\250\140\272\276\221\123\061\304\374\071\005\101\150\020\000\000"
	    "\000\000\140\111\020\104\051\242\016\240\000\001\077\062\227\316\217\260\037\266\363\175"
	    "\001\000\000\000\000\004\131\132"), TEXT(
	    "\375\067\172\130\132\000\000\004\346\326\264\106\002\000\041\001\014\000\000\000\217\230"
	    "\101\234\340\377\377\000\114\135\000\000\157\375\377\377\243\267\377\107\076\110\025\162"
	    "\071\141\121\270\222\050\346\243\206\007\371\356\344\036\202\323\057\305\072\074\001\113"
	    "\261\176\311\212\212\115\057\243\015\331\177\246\343\214\043\021\123\340\131\030\305\165"
	    "\212\342\167\370\266\224\177\014\152\300\336\164\111\144\134\236\072\321\000\000\136\145"
	    "\117\111\312\011\257\046\000\001\150\200\200\004\000\000\237\367\104\174\261\304\147\373"
	    "\002\000\000\000\000\004\131\132") },
};

/* Was this way built in? Without its header or library it must say so. */
static bool
is_here(size_t row)
{
	struct buf out = BUF_INIT;
	struct err err = { 0 };
	enum unpacked got = unpack(rows[row].plain.bytes, rows[row].plain.len, BOUND, &out, &err);

	if (got == UNPACK_FAILED)
		check(err.kind == ERR_CANNOT && strstr(err.client, rows[row].name) != NULL,
		    "%s is named where it cannot be read", rows[row].name);
	else
		check(got == UNPACK_DONE && out.len == strlen(PLAIN) && strcmp(out.data, PLAIN) == 0, "%s",
		    rows[row].name);
	buf_fini(&out);
	return got != UNPACK_FAILED;
}

static void
test_damage(size_t row)
{
	const char *whole = rows[row].plain.bytes;
	size_t len = rows[row].plain.len, opened = 0, longer = 0;
	struct err err;

	for (size_t cut = 0; cut < len; cut++) {
		char *part = malloc(cut + 1);	/* of its own, so that the sanitizers see its end */
		struct buf out = BUF_INIT;

		memcpy(part, whole, cut);
		/* the LZ4 framing has no end mark: its header alone is an empty message */
		opened += unpack(part, cut, BOUND, &out, &err) != UNPACK_PLAIN
		    && cut != rows[row].again;
		free(part);
		buf_fini(&out);
	}
	check(opened == 0, "%s cut off anywhere is shown as it lies there", rows[row].name);
	for (size_t at = 0; at < len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			char *part = malloc(len);
			struct buf out = BUF_INIT;

			memcpy(part, whole, len);
			part[at] ^= (char)(1 << bit);
			unpack(part, len, BOUND, &out, &err);
			longer += out.len > BOUND + SLACK;
			free(part);
			buf_fini(&out);
		}
	}
	check(longer == 0, "%s with one bit wrong anywhere ends, within its bound", rows[row].name);
}

static void
test_many(size_t row)
{
	const char *zeros = rows[row].zeros.bytes;
	size_t len = rows[row].zeros.len, again = rows[row].again;
	struct buf bomb = BUF_INIT, out = BUF_INIT;
	struct err err;

	buf_add(&bomb, zeros, len);
	buf_add(&bomb, zeros + again, len - again);
	check(unpack(bomb.data, bomb.len, BOUND, &out, &err) == UNPACK_DONE && out.len == 2 * ZEROS,
	    "%s twice is one message", rows[row].name);
	buf_reset(&out);
	for (size_t i = 2; i < BOUND / ZEROS; i++)
		buf_add(&bomb, zeros + again, len - again);
	check(unpack(bomb.data, bomb.len, BOUND, &out, &err) == UNPACK_DONE && out.len == BOUND,
	    "%s up to the bound", rows[row].name);
	buf_fini(&out);
	for (size_t i = 0; i < 1000; i++)
		buf_add(&bomb, zeros + again, len - again);
	check(unpack(bomb.data, bomb.len, BOUND, &out, &err) == UNPACK_PLAIN && out.len == 0
	    && out.cap <= 4 * (BOUND + SLACK), "%s beyond it is shown as it lies there", rows[row].name);
	buf_fini(&out);
	buf_fini(&bomb);
}

static void
test_others(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} plain[] = {
		TEXT(""), TEXT("B"), TEXT("Subject: x\n\nBZh91AY&SY"), TEXT("BZh9: a field\n\ntext"),
		TEXT("BZh91AY&SY: a field\n\ntext"), TEXT("Dovecot-LZ4: a field\n\n"),
		TEXT("CRYPTED"), TEXT("Dovecot-LZ4\r*\233\305\377\377\377\377\0\0\0\1x"),
	};
	struct buf out = BUF_INIT;
	struct err err = { 0 };
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		wrong += unpack(plain[i].bytes, plain[i].len, BOUND, &out, &err) != UNPACK_PLAIN;
	check(wrong == 0 && out.len == 0, "what is not compressed stays as it is");
	check(unpack("CRYPTED\3\7 and so on", 19, BOUND, &out, &err) == UNPACK_FAILED
	    && err.kind == ERR_CANNOT && strstr(err.client, "encrypted") != NULL,
	    "what Dovecot has encrypted is refused");
	buf_fini(&out);
}

int
main(void)
{
	test_others();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!is_here(i))
			continue;
		test_damage(i);
		test_many(i);
	}
	return test_done();
}
