/*
 * Latencies: histograms that cost the same whatever is counted, the table of
 * all commands, and what each second was like. Shared by load mode and report.
 */
#ifndef DRILL_STATS_H
#define DRILL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * Microseconds. Each power of two is parted in 64, so a quantile is at most 1.6 %
 * too high; least, most and count are exact. Memory comes with the first value.
 */
struct histogram {
	uint64_t count;
	int64_t least, most;
	uint32_t *buckets;
};

void histogram_fini(struct histogram *histogram);
void histogram_add(struct histogram *histogram, int64_t us);
void histogram_clear(struct histogram *histogram);
/* Of all values, the part (0 to 1) that is at most the result. 0 when there is none. */
int64_t histogram_quantile(const struct histogram *histogram, double part);

/* A command in the table. */
struct row {
	char *server, *label, *text;
	uint64_t ok, no, bad;
	uint64_t lost;		/* sent, and never answered */
	uint64_t other;		/* complete without a tagged answer: the greeting, raw */
	struct histogram latency;
};

struct second {
	uint32_t connections;	/* open at its end */
	uint32_t answers, failures;
	int64_t median_us, high_us, most_us;	/* of what was answered in it; high is 99 % */
};

struct table {
	struct row *rows;
	size_t count, room;
};

/* A new row; the pointer is good until the next. What is not printable ASCII becomes "?". */
struct row *table_add(struct table *table, const char *server, const char *label,
    const char *text);
void table_fini(struct table *table);

/* For people: aligned columns. Rows that nothing happened in are left out. */
void table_print(const struct table *table, struct buf *out);

/* The same as a JSON array of objects; times are seconds. */
void table_json(const struct table *table, struct buf *out);

/* "0.81 ms", "12.3 s": three digits. */
void stats_time(int64_t us, char text[16]);

#endif
