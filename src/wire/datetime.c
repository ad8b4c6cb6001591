/*
 * Dates, computed without the C library's clocks: those know the host's zone
 * and locale, and neither may change what a client finds. RFC 9051 section 9,
 * RFC 5322 sections 3.3 and 4.3.
 */
#include "wire/datetime.h"

#include <stdbool.h>
#include <stdlib.h>

#include "util/ascii.h"
#include "util/buf.h"

#define DAY_SECONDS 86400
#define MONTHS 12

static const char month_names[MONTHS][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Years start in March here, so that the leap day is the last of its year and
 * the months before it have always the same lengths: 153 days in 5 months.
 */
int64_t
datetime_day(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
datetime_civil(int64_t day, int *year_out, int *month_out, int *mday_out)
{
	int64_t z = day + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	*mday_out = (int)(of_year - (153 * month + 2) / 5 + 1);
	*month_out = (int)(month < 10 ? month + 3 : month - 9);
	*year_out = (int)(year + era * 400 + (*month_out <= 2));
}

int64_t
datetime_local_day(int64_t utc, int zone)
{
	return floor_div(utc + (int64_t)zone * 60, DAY_SECONDS);
}

static bool
day_exists(int year, int month, int mday)
{
	static const int lengths[MONTHS] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= 1 && month <= MONTHS && mday >= 1 && mday <= lengths[month - 1] &&
	    (month != 2 || mday < 29 || leap);
}

/* 1 to 12 by the first three letters, or 0. */
static int
month_of(const char *word)
{
	for (int i = 0; i < MONTHS; i++)
		if (ascii_ncasecmp(word, month_names[i], 3) == 0)
			return i + 1;
	return 0;
}

/* Exactly least to most digits at *at, up to end. */
static int
digits(const char **at, const char *end, int least, int most, int *out)
{
	const char *p = *at;
	int n = 0;

	for (; p < end && p - *at < most && ascii_is_digit(*p); p++)
		n = n * 10 + (*p - '0');
	if (p - *at < least || (p < end && ascii_is_digit(*p)))
		return -1;
	*at = p;
	*out = n;
	return 0;
}

static int
one(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return -1;
	(*at)++;
	return 0;
}

/* date-text of RFC 9051; -1, or the cursor behind it. */
static int
date_text(const char **at, const char *end, int64_t *day_out)
{
	int year, month, mday;

	if (digits(at, end, 1, 2, &mday) < 0 || one(at, end, '-') < 0 || end - *at < 3)
		return -1;
	month = month_of(*at);
	*at += 3;
	if (one(at, end, '-') < 0 || digits(at, end, 4, 4, &year) < 0 ||
	    !day_exists(year, month, mday))
		return -1;
	*day_out = datetime_day(year, month, mday);
	return 0;
}

/* "+hhmm" behind its sign. */
static int
zone_digits(const char **at, const char *end, bool west, int *zone_out)
{
	int n;

	if (digits(at, end, 4, 4, &n) < 0 || n % 100 > 59)
		return -1;
	*zone_out = n / 100 * 60 + n % 100;
	if (west)
		*zone_out = -*zone_out;
	return 0;
}

bool
datetime_parse_date(const char *text, size_t len, int64_t *day_out)
{
	const char *at = text, *end = text + len;
	int64_t day;

	if (date_text(&at, end, &day) < 0 || at != end)
		return false;
	*day_out = day;
	return true;
}

bool
datetime_parse(const char *text, size_t len, int64_t *utc_out, int *zone_out)
{
	const char *at = text, *end = text + len;
	int hour, minute, second, zone;
	bool west, padded;
	int64_t day;

	padded = one(&at, end, ' ') == 0;
	if (padded && end - at >= 2 && at[1] != '-')
		return false;
	if (date_text(&at, end, &day) < 0 || one(&at, end, ' ') < 0 ||
	    digits(&at, end, 2, 2, &hour) < 0 || one(&at, end, ':') < 0 ||
	    digits(&at, end, 2, 2, &minute) < 0 || one(&at, end, ':') < 0 ||
	    digits(&at, end, 2, 2, &second) < 0 || one(&at, end, ' ') < 0 || at == end ||
	    (*at != '+' && *at != '-'))
		return false;
	west = *at++ == '-';
	if (hour > 23 || minute > 59 || second > 60 || zone_digits(&at, end, west, &zone) < 0 ||
	    at != end)
		return false;
	if (second == 60)
		second = 59;
	*utc_out = day * DAY_SECONDS + hour * 3600 + minute * 60 + second - (int64_t)zone * 60;
	*zone_out = zone;
	return true;
}

void
datetime_print_date(int64_t day, struct buf *out)
{
	int64_t first = datetime_day(0, 1, 1), last = datetime_day(9999, 12, 31);
	int year, month, mday;

	day = day < first ? first : day > last ? last : day;
	datetime_civil(day, &year, &month, &mday);
	buf_addf(out, "%d-%s-%04d", mday, month_names[month - 1], year);
}

enum { DATE_TIME_LEN = 26 };	/* "17-Jul-1996 02:44:25 -0700" */

static void
two_digits(char *at, int number)
{
	at[0] = (char)('0' + number / 10 % 10);
	at[1] = (char)('0' + number % 10);
}

void
datetime_print(int64_t utc, int zone, struct buf *out)
{
	int64_t first = datetime_day(0, 1, 1) * DAY_SECONDS;
	int64_t last = (datetime_day(9999, 12, 31) + 1) * DAY_SECONDS - 1;
	int64_t local, day, second;
	int year, month, mday;
	char *at;

	local = utc + (int64_t)zone * 60;
	local = local < first ? first : local > last ? last : local;
	day = floor_div(local, DAY_SECONDS);
	second = local - day * DAY_SECONDS;
	datetime_civil(day, &year, &month, &mday);
	/* Digit by digit: a list view prints one of these a message, and printf was a third of its time. */
	at = buf_reserve(out, DATE_TIME_LEN);
	two_digits(at, mday);
	if (mday < 10)
		at[0] = ' ';
	at[2] = '-';
	memcpy(at + 3, month_names[month - 1], 3);
	at[6] = '-';
	two_digits(at + 7, year / 100);
	two_digits(at + 9, year % 100);
	at[11] = ' ';
	two_digits(at + 12, (int)(second / 3600));
	at[14] = ':';
	two_digits(at + 15, (int)(second / 60 % 60));
	at[17] = ':';
	two_digits(at + 18, (int)(second % 60));
	at[20] = ' ';
	at[21] = zone < 0 ? '-' : '+';
	two_digits(at + 22, abs(zone) / 60);
	two_digits(at + 24, abs(zone) % 60);
	at[DATE_TIME_LEN] = '\0';
	out->len += DATE_TIME_LEN;
}

/* What has been found so far in a Date header; -1: not yet. */
struct header_date {
	int mday, month, year, seconds, zone;
};

/* Obsolete zone names, RFC 5322 section 4.3; military letters mean nothing. */
static int
zone_of(const char *word, size_t len)
{
	static const struct {
		const char *name;
		int zone;
	} zones[] = {
		{ "EDT", -240 }, { "EST", -300 }, { "CDT", -300 }, { "CST", -360 },
		{ "MDT", -360 }, { "MST", -420 }, { "PDT", -420 }, { "PST", -480 },
		/* in no RFC, but in much European mail */
		{ "CET", 60 }, { "CEST", 120 }, { "MET", 60 }, { "BST", 60 }, { "JST", 540 },
	};

	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
		if (ascii_is(word, len, zones[i].name))
			return zones[i].zone;
	return 0;
}

static void
take_word(const char *word, size_t len, struct header_date *date)
{
	if (date->month < 0 && len >= 3 && month_of(word) > 0)
		date->month = month_of(word);
	else if (date->seconds >= 0 && date->zone == INT32_MIN)
		date->zone = zone_of(word, len);
	/* else the name of a day, which the date knows better */
}

/* "hh:mm", "hh:mm:ss", "hh:mm:ss.ffff", the hour being read already. */
static int
take_time(const char **at, const char *end, int hour, struct header_date *date)
{
	int minute, second = 0, ignored;

	(*at)++;
	if (digits(at, end, 1, 2, &minute) < 0)
		return -1;
	if (*at < end && **at == ':') {
		(*at)++;
		if (digits(at, end, 1, 2, &second) < 0)
			return -1;
		if (*at < end && **at == '.') {
			(*at)++;
			digits(at, end, 1, 9, &ignored);
		}
	}
	if (hour > 23 || minute > 59 || second > 60)
		return -1;
	if (second == 60)
		second = 59;
	date->seconds = hour * 3600 + minute * 60 + second;
	return 0;
}

static int
take_number(const char **at, const char *end, struct header_date *date)
{
	const char *start = *at;
	int n;

	if (digits(at, end, 1, 4, &n) < 0)
		return -1;
	if (*at < end && **at == ':' && date->seconds < 0)
		return take_time(at, end, n, date);
	if (date->mday < 0) {
		date->mday = n;
	} else if (date->year < 0) {
		/* RFC 5322 section 4.3 */
		if (*at - start == 2)
			n += n < 50 ? 2000 : 1900;
		else if (*at - start == 3)
			n += 1900;
		date->year = n;
	} else {
		return -1;
	}
	return 0;
}

/* Behind "(" to behind its ")"; comments nest, and a header may end inside one. */
static void
skip_comment(const char **at, const char *end)
{
	size_t depth = 1;

	for (; *at < end && depth > 0; (*at)++) {
		if (**at == '\\' && end - *at > 1)
			(*at)++;
		else if (**at == '(')
			depth++;
		else if (**at == ')')
			depth--;
	}
}

static int
read_header(const char *at, const char *end, struct header_date *date)
{
	while (at < end) {
		char c = *at;

		if (ascii_is_digit(c)) {
			if (take_number(&at, end, date) < 0)
				return -1;
		} else if (ascii_is_alpha(c)) {
			const char *word = at;

			while (at < end && ascii_is_alpha(*at))
				at++;
			take_word(word, (size_t)(at - word), date);
		} else if (c == '(') {
			at++;
			skip_comment(&at, end);
		} else if ((c == '+' || c == '-') && date->seconds >= 0 && end - at > 4) {
			at++;
			/* a zone out of its bounds is an unknown one */
			if (zone_digits(&at, end, c == '-', &date->zone) < 0) {
				date->zone = 0;
				while (at < end && ascii_is_digit(*at))
					at++;
			}
		} else {
			at++;
		}
	}
	return 0;
}

bool
datetime_parse_header(const char *text, size_t len, int64_t *utc_out, int *zone_out)
{
	struct header_date date = { -1, -1, -1, -1, INT32_MIN };

	/* rubbish behind a date that is whole does not harm it */
	if (read_header(text, text + len, &date) < 0 &&
	    (date.mday < 0 || date.month < 0 || date.year < 0))
		return false;
	if (!day_exists(date.year, date.month, date.mday) || date.year < 0)
		return false;
	if (date.seconds < 0)
		date.seconds = 0;
	if (date.zone == INT32_MIN)
		date.zone = 0;
	*zone_out = date.zone;
	*utc_out = datetime_day(date.year, date.month, date.mday) * DAY_SECONDS + date.seconds -
	    (int64_t)date.zone * 60;
	return true;
}
