/* Histograms and the table of latencies. */
#include "drill/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/escape.h"
#include "util/buf.h"
#include "util/mem.h"

#define SUB_BITS 6
#define SUB (1u << SUB_BITS)
/* 2^37 us is a day and a half: longer than a command is waited for */
#define BUCKETS ((37 - SUB_BITS + 1) * SUB)

void
histogram_fini(struct histogram *histogram)
{
	free(histogram->buckets);
	*histogram = (struct histogram){ 0, 0, 0, NULL };
}

void
histogram_clear(struct histogram *histogram)
{
	histogram->count = 0;
	if (histogram->buckets != NULL)
		memset(histogram->buckets, 0, BUCKETS * sizeof *histogram->buckets);
}

static unsigned
bucket_of(uint64_t us)
{
	unsigned power, place;

	if (us < SUB)
		return (unsigned)us;
	power = 63 - (unsigned)__builtin_clzll(us);
	place = (power - SUB_BITS + 1) * SUB + (unsigned)(us >> (power - SUB_BITS) & (SUB - 1));
	return place < BUCKETS ? place : BUCKETS - 1;
}

/* The highest value that falls in a bucket. */
static int64_t
bucket_top(unsigned bucket)
{
	unsigned shift;

	if (bucket < SUB)
		return bucket;
	shift = bucket / SUB - 1;
	return (int64_t)(((uint64_t)(SUB + bucket % SUB) + 1) << shift) - 1;
}

void
histogram_add(struct histogram *histogram, int64_t us)
{
	if (us < 0)
		us = 0;
	if (histogram->buckets == NULL)
		histogram->buckets = mem_calloc(BUCKETS, sizeof *histogram->buckets);
	if (histogram->count == 0 || us < histogram->least)
		histogram->least = us;
	if (histogram->count == 0 || us > histogram->most)
		histogram->most = us;
	histogram->count++;
	histogram->buckets[bucket_of((uint64_t)us)]++;
}

int64_t
histogram_quantile(const struct histogram *histogram, double part)
{
	uint64_t want = (uint64_t)(part * (double)histogram->count + 0.999999), seen = 0;

	if (histogram->count == 0)
		return 0;
	if (want < 1)
		want = 1;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= want) {
			int64_t top = bucket_top(i);

			return top > histogram->most ? histogram->most :
			    top < histogram->least ? histogram->least : top;
		}
	}
	return histogram->most;
}

/* A copy that a terminal can show: the table has no room for escapes. */
static char *
plain_copy(const char *text)
{
	char *copy = mem_strdup(text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return copy;
}

struct row *
table_add(struct table *table, const char *server, const char *label, const char *text)
{
	table->rows = mem_grow(table->rows, &table->room, table->count + 1, sizeof *table->rows);
	table->rows[table->count] = (struct row){
		.server = plain_copy(server),
		.label = plain_copy(label),
		.text = plain_copy(text),
	};
	return &table->rows[table->count++];
}

void
table_fini(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->rows[i].server);
		free(table->rows[i].label);
		free(table->rows[i].text);
		histogram_fini(&table->rows[i].latency);
	}
	free(table->rows);
	*table = (struct table){ NULL, 0, 0 };
}

void
stats_time(int64_t us, char text[16])
{
	static const struct {
		int64_t from;
		double unit;
		const char *name;
	} units[] = {
		{ 1000000, 1e6, "s" }, { 1000, 1e3, "ms" }, { 0, 1, "us" },
	};
	size_t i = 0;
	double value;

	while (us < units[i].from)
		i++;
	value = (double)us / units[i].unit;
	snprintf(text, 16, "%.*f %s", i == 2 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2, value,
	    units[i].name);
}

static bool
is_empty(const struct row *row)
{
	return row->ok + row->no + row->bad + row->lost + row->other == 0;
}

static size_t
width_of(const struct table *table, size_t least, size_t offset)
{
	size_t width = least;

	for (size_t i = 0; i < table->count; i++) {
		size_t len = strlen(*(char **)((char *)&table->rows[i] + offset));

		if (!is_empty(&table->rows[i]) && len > width)
			width = len;
	}
	return width;
}

void
table_print(const struct table *table, struct buf *out)
{
	size_t server = width_of(table, 6, offsetof(struct row, server));
	size_t label = width_of(table, 5, offsetof(struct row, label));
	size_t text = width_of(table, 7, offsetof(struct row, text));

	buf_addf(out, "%-*s  %-*s  %-*s %9s %7s %7s %7s %9s %9s %9s %9s\n", (int)server, "SERVER",
	    (int)label, "LABEL", (int)text, "COMMAND", "OK", "NO", "BAD", "LOST", "MIN", "MEDIAN",
	    "99%", "MAX");
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		const struct histogram *h = &row->latency;
		char times[4][16] = { "-", "-", "-", "-" };

		if (is_empty(row))
			continue;
		if (h->count > 0) {
			stats_time(h->least, times[0]);
			stats_time(histogram_quantile(h, 0.5), times[1]);
			stats_time(histogram_quantile(h, 0.99), times[2]);
			stats_time(h->most, times[3]);
		}
		buf_addf(out, "%-*s  %-*s  %-*s %9" PRIu64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64
		    " %9s %9s %9s %9s\n", (int)server, row->server, (int)label, row->label, (int)text,
		    row->text, row->ok + row->other, row->no, row->bad, row->lost, times[0], times[1],
		    times[2], times[3]);
	}
}

static void
add_seconds(const char *name, int64_t us, struct buf *out)
{
	buf_addf(out, ",\"%s\":%" PRId64 ".%06d", name, us / 1000000, (int)(us % 1000000));
}

void
table_json(const struct table *table, struct buf *out)
{
	const char *before = "";

	buf_addc(out, '[');
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		const struct histogram *h = &row->latency;

		if (is_empty(row))
			continue;
		buf_addf(out, "%s\n{\"server\":\"", before);
		escape_json(row->server, strlen(row->server), 0, out);
		buf_addf(out, "\",\"label\":\"%s\",\"command\":\"", row->label);
		escape_json(row->text, strlen(row->text), 0, out);
		buf_addf(out, "\",\"ok\":%" PRIu64 ",\"no\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"lost\":%"
		    PRIu64, row->ok + row->other, row->no, row->bad, row->lost);
		if (h->count > 0) {
			add_seconds("min", h->least, out);
			add_seconds("median", histogram_quantile(h, 0.5), out);
			add_seconds("p99", histogram_quantile(h, 0.99), out);
			add_seconds("max", h->most, out);
		}
		buf_addc(out, '}');
		before = ",";
	}
	buf_adds(out, "]");
}
