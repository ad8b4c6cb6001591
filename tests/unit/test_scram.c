/*
 * login/scram and login/prepare: the example of RFC 7677, verifiers as text,
 * and which passwords SASLprep leaves alone. The verifier of the example was
 * computed by Python's hashlib.
 */
#include "login/prepare.h"
#include "login/scram.h"
#include "test.h"
#include "util/buf.h"
#include "wire/base64.h"

#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define STORED "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define SERVER "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static const char pencil[] = "{SCRAM-SHA-256}4096," SALT "," STORED "," SERVER;

static void
test_example(void)
{
	/* RFC 7677 section 3 */
	static const char message[] = "n=user,r=rOprNGfwEbeRWgbNEkqO,"
	    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=" SALT ",i=4096,"
	    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
	struct buf proof = BUF_INIT, signature = BUF_INIT;
	unsigned char bytes[SCRAM_OCTETS];
	struct scram_verifier v;

	base64_decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", 44, &proof);
	check(scram_parse(pencil, &v), "the verifier is read");
	check(scram_prove(&v, message, strlen(message), (unsigned char *)proof.data, bytes),
	    "the proof of the example is right");
	base64_encode(bytes, sizeof bytes, &signature);
	check_str(signature.data, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	    "and the server's signature is that of the example");
	for (size_t i = 0; i < SCRAM_OCTETS; i++) {
		proof.data[i] ^= 1;
		check(!scram_prove(&v, message, strlen(message), (unsigned char *)proof.data, bytes),
		    "one bit of octet %zu of the proof is wrong", i);
		proof.data[i] ^= 1;
	}
	check(!scram_prove(&v, message, strlen(message) - 1, (unsigned char *)proof.data, bytes),
	    "a proof of another exchange is wrong");
	check(scram_matches("pencil", &v) && !scram_matches("Pencil", &v) && !scram_matches("", &v)
	    && !scram_matches("pencil ", &v), "the password alone matches");
	buf_fini(&proof);
	buf_fini(&signature);
}

static void
test_text(void)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ pencil, true },
		{ "{SCRAM-SHA-256}1000000," SALT "," STORED "," SERVER, true },
		{ "{SCRAM-SHA-256}1000001," SALT "," STORED "," SERVER, false },
		{ "{SCRAM-SHA-256}4095," SALT "," STORED "," SERVER, false },
		{ "{SCRAM-SHA-256}-4096," SALT "," STORED "," SERVER, false },
		{ "{SCRAM-SHA-256}," SALT "," STORED "," SERVER, false },
		{ "{SCRAM-SHA-256}4096,," STORED "," SERVER, false },
		{ "{SCRAM-SHA-256}4096," SALT "," STORED "," SERVER ",", false },
		{ "{SCRAM-SHA-256}4096," SALT "," STORED "," SERVER ",AAAA", false },
		{ "{SCRAM-SHA-256}4096," SALT "," STORED ",", false },
		{ "{SCRAM-SHA-256}4096," SALT "," STORED, false },
		{ "{SCRAM-SHA-256}4096," SALT "," SALT "," SERVER, false },
		{ "{SCRAM-SHA-256}4096," SALT "," STORED "," SALT, false },
		{ "{SCRAM-SHA-256}4096,W22Z*," STORED "," SERVER, false },
		{ "{SCRAM-SHA-256}4096", false }, { "{SCRAM-SHA-256}", false },
		{ "{SCRAM-SHA-1}4096," SALT "," STORED "," SERVER, false },
		{ "$6$abc$x", false }, { "!", false }, { "", false },
	};
	struct scram_verifier v;
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		check(scram_parse(rows[i].text, &v) == rows[i].good, "%s: %s", rows[i].text,
		    rows[i].good ? "a verifier" : "none");
		if (!rows[i].good)
			continue;
		buf_reset(&text);
		scram_format(&v, &text);
		check_str(text.data, rows[i].text, "and written as it was");
	}
	scram_make("pencil", SCRAM_ITERATIONS_MIN, &v);
	buf_reset(&text);
	scram_format(&v, &text);
	check(strcmp(text.data, pencil) != 0 && scram_parse(text.data, &v)
	    && v.salt_len == SCRAM_SALT && scram_matches("pencil", &v), "a new verifier has its own salt");
	buf_fini(&text);
}

static void
test_pretended(void)
{
	static const unsigned char key[SCRAM_OCTETS] = "a", other[SCRAM_OCTETS] = "b";
	struct scram_verifier a, b;

	scram_pretend(key, "carol", 5000, &a);
	scram_pretend(key, "carol", 5000, &b);
	check(a.iterations == 5000 && a.salt_len == SCRAM_SALT
	    && memcmp(a.salt, b.salt, SCRAM_SALT) == 0, "a name has the same pretended salt each time");
	check(memcmp(a.stored_key, a.salt, SCRAM_SALT) != 0
	    && memcmp(a.stored_key + SCRAM_SALT, a.salt, SCRAM_SALT) != 0, "which is no part of its key");
	scram_pretend(key, "carola", 5000, &b);
	check(memcmp(a.salt, b.salt, SCRAM_SALT) != 0, "another name another");
	scram_pretend(other, "carol", 5000, &b);
	check(memcmp(a.salt, b.salt, SCRAM_SALT) != 0, "another key another");
}

static void
test_prepare(void)
{
	static const struct { const char *text; bool stable; } rows[] = {
		{ "pencil", true }, { " !~", true }, { "a b", true },
		{ "p\xc3\xa4ssw\xc3\xb6rt", true },			/* composed */
		{ "pa\xcc\x88sswort", false },				/* decomposed */
		{ "\xcc\x88", false },
		{ "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", true },	/* Cyrillic */
		{ "\xe5\xaf\x86\xe7\xa0\x81", true },			/* ideographs */
		{ "\xed\x95\x9c", true }, { "\xe1\x85\xa1", false },	/* Hangul: a syllable, half of one */
		{ "\xd7\xa1\xd7\x95\xd7\x93", true },			/* Hebrew */
		{ "\xd7\xa1" "1\xd7\x93", true }, { "\xd7\xa1\xd7\x95" "1", false },
		{ "a\xd7\xa1", false }, { "\xd7\xa1" "a\xd7\x93", false },
		/* RFC 4013 section 3 */
		{ "I\xc2\xadX", false }, { "\xc2\xaa", false }, { "\xe2\x85\xa8", false }, { "\x07", false },
		{ "\xd8\xa7" "1", false },
		{ "\xc2\xa0", false }, { "\xe2\x80\x83", false },	/* other spaces */
		{ "\xef\xac\x81", false },				/* a ligature */
		{ "\xe2\x84\xab", false },				/* the sign of Angstrom */
		{ "\xf0\x9f\x98\x80", false },				/* not in Unicode 3.2 */
		{ "\xee\x80\x80", false }, { "\xef\xbf\xbe", false },
		{ "a\tb", false }, { "a\x7f", false }, { "a\nb", false },
		{ "\xff", false }, { "\xc3", false }, { "\xc0\x80", false }, { "\xed\xa0\x80", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(prepare_is_stable(rows[i].text, strlen(rows[i].text)) == rows[i].stable,
		    "row %zu is %s", i, rows[i].stable ? "left alone" : "not");
	for (size_t i = 0; i < prepare_rows; i++)
		if (prepare_table[i].first > prepare_table[i].last
		    || (i > 0 && prepare_table[i].first <= prepare_table[i - 1].last)) {
			check(false, "row %zu of the table is out of order", i);
			return;
		}
	check(true, "the table is in order");
}

int
main(void)
{
	test_prepare();
	if (scram_is_built_in()) {
		test_example();
		test_text();
		test_pretended();
	} else {
		struct scram_verifier v;

		check(!scram_parse(pencil, &v), "without nettle no text is a verifier");
	}
	return test_done();
}
