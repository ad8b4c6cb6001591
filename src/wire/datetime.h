/*
 * Dates: IMAP's date and date-time (RFC 9051 section 9) and the Date header of
 * a message (RFC 5322 section 3.3 with the obsolete forms of 4.3). Computed, not
 * looked up: no time zone of this host, no locale, the proleptic Gregorian
 * calendar for the years 0000 to 9999.
 *
 * Days count from 1970-01-01, which is day 0; times are seconds of UTC from
 * there; zones are minutes east of UTC, -5999 to 5999.
 */
#ifndef WIRE_DATETIME_H
#define WIRE_DATETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* The day of a valid date (month 1 to 12), and back. */
int64_t datetime_day(int year, int month, int day);
void datetime_civil(int64_t day, int *year_out, int *month_out, int *mday_out);

/* The day on which a time lies for a clock zone minutes east of UTC. */
int64_t datetime_local_day(int64_t utc, int zone);

/*
 * The readers say whether the text was one; only then are the results set.
 *
 * "1-Feb-1994", without quotes, nothing else; 30-Feb is none.
 */
bool datetime_parse_date(const char *text, size_t len, int64_t *day_out);

/*
 * "17-Jul-1996 02:44:25 -0700", without quotes; a day below 10 may have a
 * space before it, or a zero, or nothing. Second 60 is taken for 59, so that
 * the time stays in its minute.
 */
bool datetime_parse(const char *text, size_t len, int64_t *utc_out, int *zone_out);

/* Both print what the two above read; a time outside the years is moved to the nearest. */
void datetime_print_date(int64_t day, struct buf *out);
void datetime_print(int64_t utc, int zone, struct buf *out);

/*
 * The value of a Date header, as lenient as old mail needs: no day name or any,
 * comments anywhere, names in full, obsolete and unknown zones (unknown is
 * +0000), no zone, no seconds, no time at all, two- and three-digit years,
 * dashes, "Jul 17 02:44:25 1996". False when no day can be made of it: then
 * RFC 5256 section 2.2 takes the internal date. Costs time in proportion to len.
 */
bool datetime_parse_header(const char *text, size_t len, int64_t *utc_out, int *zone_out);

#endif
