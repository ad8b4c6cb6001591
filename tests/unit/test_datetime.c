/* wire/datetime: the calendar, IMAP's dates, and what Date headers really hold. */
#include <stdint.h>

#include "test.h"
#include "util/buf.h"
#include "wire/datetime.h"

#define BAD INT64_MIN

static void
test_calendar(void)
{
	static const struct {
		int year, month, mday;
		int64_t day;
	} rows[] = {
		{ 1970, 1, 1, 0 }, { 1969, 12, 31, -1 }, { 2000, 2, 29, 11016 },
		{ 2000, 3, 1, 11017 }, { 1900, 3, 1, -25508 }, { 1900, 2, 28, -25509 },
		{ 2038, 1, 19, 24855 }, { 0, 1, 1, -719528 }, { 9999, 12, 31, 2932896 },
	};
	bool same = true;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(datetime_day(rows[i].year, rows[i].month, rows[i].mday) == rows[i].day,
		    "day of %d-%d-%d", rows[i].year, rows[i].month, rows[i].mday);
	for (int64_t day = -719528; day <= 2932896; day++) {
		int year, month, mday;

		datetime_civil(day, &year, &month, &mday);
		same = same && datetime_day(year, month, mday) == day;
	}
	check(same, "every day of ten thousand years comes back");
	check(datetime_local_day(0, -1) == -1, "one minute west of the epoch is yesterday");
	check(datetime_local_day(86399, 1) == 1, "one minute east of midnight is tomorrow");
}

static void
test_date(void)
{
	static const struct {
		const char *text;
		int64_t day;
	} rows[] = {
		{ "1-Feb-1994", 8797 }, { "01-feb-1994", 8797 }, { "29-Feb-2000", 11016 },
		{ "1-Jan-0000", -719528 }, { "31-DEC-9999", 2932896 },
		{ "29-Feb-1900", BAD }, { "31-Apr-2020", BAD }, { "0-Jan-2020", BAD },
		{ "32-Jan-2020", BAD }, { "1-Foo-2020", BAD }, { "1-Jan-20", BAD },
		{ "1-Jan-20200", BAD }, { " 1-Jan-2020", BAD }, { "1-Jan-2020 ", BAD },
		{ "\"1-Jan-2020\"", BAD }, { "1 Jan 2020", BAD }, { "1-January-2020", BAD },
		{ "", BAD }, { "1", BAD }, { "1-", BAD }, { "1-Ja", BAD }, { "1-Jan", BAD },
		{ "1-Jan-", BAD }, { "001-Jan-2020", BAD }, { "-1-Jan-2020", BAD },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t day = BAD;

		check(datetime_parse_date(rows[i].text, strlen(rows[i].text), &day) ==
		    (rows[i].day != BAD) && day == rows[i].day, "date \"%s\"", rows[i].text);
	}
}

static void
test_date_time(void)
{
	static const struct {
		const char *text;
		int64_t utc;
		int zone;
		const char *printed;	/* NULL: the same */
	} rows[] = {
		{ "17-Jul-1996 02:44:25 -0700", 837596665, -420, NULL },
		{ " 1-Jan-1970 00:00:00 +0000", 0, 0, NULL },
		{ "01-Jan-1970 00:00:00 -0000", 0, 0, " 1-Jan-1970 00:00:00 +0000" },
		{ "1-Jan-1970 00:00:00 +0000", 0, 0, " 1-Jan-1970 00:00:00 +0000" },
		{ "31-Dec-1998 23:59:60 +0000", 915148799, 0, "31-Dec-1998 23:59:59 +0000" },
		{ "19-Jan-2038 03:14:08 +0000", 2147483648, 0, NULL },
		{ " 1-Jan-0000 00:00:00 +9959", -62167219200 - 359940, 5999, NULL },
		{ "31-Dec-9999 23:59:59 -9959", 253402300799 + 359940, -5999, NULL },
		{ "29-Feb-2024 12:00:00 +0530", 1709188200, 330, NULL },
		{ "17-Jul-1996 24:00:00 +0000", BAD, 0, NULL },
		{ "17-Jul-1996 00:60:00 +0000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:61 +0000", BAD, 0, NULL },
		{ "17-Jul-1996 0:00:00 +0000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00 +0000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 ", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 0000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 +000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 +00000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 +0060", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 GMT", BAD, 0, NULL },
		{ "17-Jul-1996  00:00:00 +0000", BAD, 0, NULL },
		{ " 17-Jul-1996 00:00:00 +0000", BAD, 0, NULL },
		{ "  7-Jul-1996 00:00:00 +0000", BAD, 0, NULL },
		{ "30-Feb-1996 00:00:00 +0000", BAD, 0, NULL },
		{ "17-Jul-1996 00:00:00 +0000x", BAD, 0, NULL },
		{ "", BAD, 0, NULL },
		{ " ", BAD, 0, NULL },
	};
	struct buf buf = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t utc = BAD;
		int zone = 0;
		bool ok = datetime_parse(rows[i].text, strlen(rows[i].text), &utc, &zone);

		check(ok == (rows[i].utc != BAD) && utc == rows[i].utc && zone == rows[i].zone,
		    "date-time \"%s\"", rows[i].text);
		if (!ok)
			continue;
		buf_reset(&buf);
		datetime_print(utc, zone, &buf);
		check_str(buf_str(&buf), rows[i].printed ? rows[i].printed : rows[i].text, "printed");
	}
	buf_reset(&buf);
	datetime_print(INT64_C(1) << 60, 0, &buf);
	check_str(buf_str(&buf), "31-Dec-9999 23:59:59 +0000", "beyond the years: the last second");
	buf_reset(&buf);
	datetime_print(-(INT64_C(1) << 60), 60, &buf);
	check_str(buf_str(&buf), " 1-Jan-0000 00:00:00 +0100", "before the years: the first second");
	buf_reset(&buf);
	datetime_print_date(8797, &buf);
	check_str(buf_str(&buf), "1-Feb-1994", "print a date");
	buf_fini(&buf);
}

static void
test_header(void)
{
	static const struct {
		const char *text;
		int64_t utc;
		int zone;
	} rows[] = {
		{ "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)", 837595405, -420 },
		{ "17 Jul 1996 02:23:25 -0700", 837595405, -420 },
		{ "Wed, 17 Jul 1996 02:23 -0700", 837595380, -420 },
		{ "Wed, 17 Jul 96 02:23:25 PDT", 837595405, -420 },
		{ "Wed, 17 Jul 096 02:23:25 PDT", 837595405, -420 },
		{ "Wed,17 Jul 1996 02:23:25 GMT", 837570205, 0 },
		{ "  Wed (day) , 17\r\n Jul (\\) (nested) x) 1996 02:23:25\t-0700", 837595405, -420 },
		{ "Wednesday, 17-Jul-96 02:23:25 UT", 837570205, 0 },
		{ "Wed, 17 July 1996 02:23:25 Z", 837570205, 0 },
		{ "Wed Jul 17 02:23:25 1996", 837570205, 0 },
		{ "Wed Jul 17 02:23:25 -0700 1996", 837595405, -420 },
		{ "Wed, 17 Jul 1996 2:23:25 +0000", 837570205, 0 },
		{ "Wed, 17 Jul 1996 02:23:25.123456 +0000", 837570205, 0 },
		{ "Wed, 17 Jul 1996 02:23:25", 837570205, 0 },
		{ "Wed, 17 Jul 1996", 837561600, 0 },
		{ "Wed, 17 Jul 1996 02:23:25 +0099", 837570205, 0 },
		{ "Wed, 17 Jul 1996 02:23:25 +12345", 837570205, 0 },
		{ "Wed, 17 Jul 1996 02:23:25 XYZ", 837570205, 0 },
		{ "Wed, 17 Jul 1996 02:23:25 -0700 (never closed", 837595405, -420 },
		{ "Sat, 1 Jan 00 00:00:00 GMT", 946684800, 0 },
		{ "Sat, 31 Dec 49 00:00:00 GMT", 2524521600, 0 },
		{ "1 Jan 50 00:00:00 GMT", -631152000, 0 },
		{ "Thu, 31 Dec 1998 23:59:60 GMT", 915148799, 0 },
		{ "Mon, 05 Mar 2001 10:00:00 +0100 99 bottles", 983782800, 60 },
		{ "", BAD, 0 },
		{ "(17 Jul 1996)", BAD, 0 },
		{ "yesterday", BAD, 0 },
		{ "17 1996 02:23:25", BAD, 0 },
		{ "Jul 1996", BAD, 0 },
		{ "32 Jul 1996 02:23:25", BAD, 0 },
		{ "17 Jul 19960 02:23:25", BAD, 0 },
		{ "17 Jul 1996 25:00:00", 837561600, 0 },
		{ "25:61 17 Jul 1996", BAD, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t utc = BAD;
		int zone = 0;
		bool ok = datetime_parse_header(rows[i].text, strlen(rows[i].text), &utc, &zone);

		if (!check(ok == (rows[i].utc != BAD) && utc == rows[i].utc && zone == rows[i].zone,
		    "header %zu", i))
			printf("# \"%s\": got %lld zone %d\n", rows[i].text, (long long)utc, zone);
	}
}

int
main(void)
{
	test_calendar();
	test_date();
	test_date_time();
	test_header();
	return test_done();
}
