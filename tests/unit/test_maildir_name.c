/* File names taken apart and put together again. */
#include "store/maildir_name.h"

#include "test.h"
#include "util/buf.h"

int
main(void)
{
	static const struct {
		const char *name;
		size_t base;
		unsigned flags;
		const char *core;
	} rows[] = {
		{ "1.M2P3.h", 8, MAIL_BARE, "1.M2P3.h" },
		{ "1.M2P3.h:2,", 8, 0, "1.M2P3.h" },
		{ "1.h,S=5,W=6:2,FS", 11, MAIL_FLAGGED | MAIL_SEEN, "1.h" },
		{ "1.h,U=7,FMD5=abc:2,DFPRST", 16, MAIL_FLAGS, "1.h" },
		{ "1.h:2,SF", 3, MAIL_SEEN | MAIL_FLAGGED | MAIL_ODD, "1.h" },
		{ "1.h:2,SS", 3, MAIL_SEEN | MAIL_ODD, "1.h" },
		{ "1.h:2,Sab", 3, MAIL_SEEN | MAIL_ODD, "1.h" },
		{ "1.h:2,S,Z", 3, MAIL_SEEN | MAIL_ODD, "1.h" },
		{ "1.h:1,S", 3, MAIL_ODD, "1.h" },
		{ "1.h:", 3, MAIL_ODD, "1.h" },
		{ ":2,S", 0, MAIL_SEEN, "" },
		{ "", 0, MAIL_BARE, "" },
		{ ",S=", 3, MAIL_BARE, ",S=" },
		{ "a,X=1,S=2", 9, MAIL_BARE, "a,X=1" },
	};
	static const struct {
		const char *old;
		unsigned flags;
		const char *merged;
	} merges[] = {
		{ ":2,Sab", MAIL_FLAGGED, ":2,Fab" },
		{ ":2,ZS,extra", 0, ":2,Z,extra" },
		{ "", MAIL_SEEN, ":2,S" },
		{ ":1,xyz", MAIL_SEEN, ":2,S" },
	};
	struct buf buf = BUF_INIT, again = BUF_INIT;
	uint64_t sec, micro;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct maildir_name got;
		size_t core = maildir_name_core(rows[i].name, rows[i].base);

		maildir_name_parse(rows[i].name, &got);
		check(got.base_len == rows[i].base && got.flags == rows[i].flags, "parse '%s'", rows[i].name);
		check(core == strlen(rows[i].core) && memcmp(rows[i].name, rows[i].core, core) == 0,
		    "core of '%s'", rows[i].name);
		if (!(got.flags & MAIL_ODD)) {
			buf_reset(&buf);
			buf_adds(&buf, "");
			maildir_name_suffix(got.flags, &buf);
			check_str(buf_str(&buf), got.suffix, rows[i].name);
		}
	}
	for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
		buf_reset(&buf);
		maildir_name_merge(merges[i].old, merges[i].flags, &buf);
		check_str(buf.data, merges[i].merged, merges[i].old);
	}
	maildir_name_time("1732288001.M17P2.host", &sec, &micro);
	check(sec == 1732288001 && micro == 17, "time of a usual name");
	maildir_name_time("nonsense", &sec, &micro);
	check(sec == 0 && micro == 0, "time of another name");
	maildir_name_time("99999999999999999999.M1.h", &sec, &micro);
	check(sec == 0, "a number that is too large");
	buf_reset(&buf);
	maildir_name_unique(&buf);
	maildir_name_unique(&again);
	check(strcmp(buf.data, again.data) != 0, "two unique names differ");
	check(strpbrk(buf.data, ":/, ") == NULL, "and hold nothing that means something");
	buf_fini(&buf);
	buf_fini(&again);
	return test_done();
}
