/* wire/base64: the vectors of RFC 4648 section 10, every byte, and refusals. */
#include <stdint.h>

#include "test.h"
#include "util/buf.h"
#include "wire/base64.h"

static void
test_vectors(void)
{
	static const struct {
		const char *plain, *coded;
	} rows[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" }, { "\xfb\xef\xbe", "++++" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf buf = BUF_INIT;

		base64_encode(rows[i].plain, strlen(rows[i].plain), &buf);
		check_str(buf_str(&buf), rows[i].coded, "encode");
		buf_reset(&buf);
		check(base64_decode(rows[i].coded, strlen(rows[i].coded), &buf) == 0, "decode %s",
		    rows[i].coded);
		check_str(buf_str(&buf), rows[i].plain, "as it was");
		buf_fini(&buf);
	}
}

static void
test_refused(void)
{
	static const char *const rows[] = {
		"Z", "Zg", "Zg=", "Zg===", "====", "=", "==", "Zm=v", "Z===", "Zg==Zg==", "Zm9v\n",
		"Zm9v ", " Zm9", "Zm-v", "Zm_v", "Zm9\xff", "Zh==", "Zm9=", "*", "Zm9vZm9", "A===",
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf buf = BUF_INIT;

		buf_adds(&buf, "before");
		check(base64_decode(rows[i], strlen(rows[i]), &buf) < 0, "refuse row %zu", i);
		check_str(buf_str(&buf), "before", "the buffer is as it was");
		buf_fini(&buf);
	}
	struct buf buf = BUF_INIT;

	check(base64_decode("Zm\0v", 4, &buf) < 0, "refuse a NUL");
	buf_fini(&buf);
}

static void
test_every_byte(void)
{
	unsigned char bytes[256];
	bool same = true;

	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	for (size_t len = 0; len <= 256; len++) {
		struct buf coded = BUF_INIT, plain = BUF_INIT;

		base64_encode(bytes, len, &coded);
		same = same && base64_decode(buf_str(&coded), coded.len, &plain) == 0 &&
		    plain.len == len && memcmp(buf_str(&plain), bytes, len) == 0;
		buf_fini(&coded);
		buf_fini(&plain);
	}
	check(same, "every length to 256 comes back");
}

int
main(void)
{
	test_vectors();
	test_refused();
	test_every_byte();
	return test_done();
}
