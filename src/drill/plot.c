/*
 * The plot. Plain SVG 1.1 without scripts or style sheets: it must show in any
 * viewer, in a mail and in a bug report.
 */
#include "drill/plot.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "drill/stats.h"
#include "util/buf.h"

enum { WIDTH = 720, HEIGHT = 320, LEFT = 64, RIGHT = 64, TOP = 36, BOTTOM = 40 };

/* Below this nothing is worth a difference on the plot, and log(0) is none. */
#define LEAST_US 10

/* A line has no more points than it has pixels. */
#define POINTS_MAX (WIDTH - LEFT - RIGHT)

struct scale {
	double low, high;	/* of log10(us) */
	double seconds, connections;
};

static double
x_of(const struct scale *scale, double second)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * second / scale->seconds;
}

static double
y_of(const struct scale *scale, int64_t us)
{
	double value = log10((double)(us < LEAST_US ? LEAST_US : us));

	return HEIGHT - BOTTOM -
	    (HEIGHT - TOP - BOTTOM) * (value - scale->low) / (scale->high - scale->low);
}

static void
escape_xml(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '&')
			buf_adds(out, "&amp;");
		else if (*text == '<')
			buf_adds(out, "&lt;");
		else
			buf_addc(out, *text >= 0x20 && *text < 0x7f ? *text : '?');
	}
}

static void
add_text(struct buf *out, double x, double y, const char *anchor, const char *colour,
    const char *text)
{
	buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor,
	    colour);
	escape_xml(text, out);
	buf_adds(out, "</text>\n");
}

/* Horizontal lines at powers of ten, vertical marks at round seconds. */
static void
add_grid(const struct scale *scale, struct buf *out)
{
	static const int steps[] = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400 };
	size_t step = 0;
	char text[32];

	for (int power = (int)scale->low; power <= (int)scale->high; power++) {
		int64_t us = (int64_t)pow(10, power);
		double y = y_of(scale, us);

		buf_addf(out, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", LEFT, y,
		    WIDTH - RIGHT);
		if (us >= 1000000)
			snprintf(text, sizeof text, "%lld s", (long long)us / 1000000);
		else if (us >= 1000)
			snprintf(text, sizeof text, "%lld ms", (long long)us / 1000);
		else
			snprintf(text, sizeof text, "%lld us", (long long)us);
		add_text(out, LEFT - 6, y + 4, "end", "#444", text);
	}
	while (step + 1 < sizeof steps / sizeof steps[0] && scale->seconds / steps[step] > 12)
		step++;
	for (int second = 0; second <= (int)scale->seconds; second += steps[step]) {
		snprintf(text, sizeof text, "%d s", second);
		add_text(out, x_of(scale, second), HEIGHT - BOTTOM + 16, "middle", "#444", text);
	}
}

/* One point for a run of seconds: the worst of it. Empty seconds are gaps that the line crosses. */
static void
add_line(const struct scale *scale, const struct second *seconds, size_t count, size_t field,
    const char *colour, struct buf *out)
{
	size_t run = count / POINTS_MAX + 1;

	buf_addf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
	    colour);
	for (size_t i = 0; i < count; i += run) {
		int64_t worst = -1;

		for (size_t k = i; k < i + run && k < count; k++) {
			const void *at = (const char *)&seconds[k] + field;
			int64_t us = *(const int64_t *)at;

			if (seconds[k].answers > 0 && us > worst)
				worst = us;
		}
		if (worst >= 0)
			buf_addf(out, "%.1f,%.1f ", x_of(scale, (double)i + 0.5),
			    y_of(scale, worst));
	}
	buf_adds(out, "\"/>\n");
}

static void
add_connections(const struct scale *scale, const struct second *seconds, size_t count,
    struct buf *out)
{
	size_t run = count / POINTS_MAX + 1;
	char text[32];

	buf_adds(out, "<polyline fill=\"none\" stroke=\"#999\" stroke-dasharray=\"3 3\" points=\"");
	for (size_t i = 0; i < count; i += run)
		buf_addf(out, "%.1f,%.1f ", x_of(scale, (double)i + 0.5), HEIGHT - BOTTOM -
		    (HEIGHT - TOP - BOTTOM) * seconds[i].connections / scale->connections);
	buf_adds(out, "\"/>\n");
	snprintf(text, sizeof text, "%.0f", scale->connections);
	add_text(out, WIDTH - RIGHT + 6, TOP + 4, "start", "#777", text);
	add_text(out, WIDTH - RIGHT + 6, HEIGHT - BOTTOM + 4, "start", "#777", "0");
}

void
plot_svg(const struct second *seconds, size_t count, const char *title, struct buf *out)
{
	static const struct {
		const char *name, *colour;
		size_t field;
	} lines[] = {
		{ "maximum", "#c33", offsetof(struct second, most_us) },
		{ "99 %", "#e90", offsetof(struct second, high_us) },
		{ "median", "#27c", offsetof(struct second, median_us) },
	};
	struct scale scale = { 3, 4, count > 0 ? (double)count : 1, 1 };
	double x = WIDTH - RIGHT;

	for (size_t i = 0; i < count; i++) {
		const struct second *second = &seconds[i];

		if (second->connections > scale.connections)
			scale.connections = second->connections;
		if (second->answers == 0)
			continue;
		scale.low = fmin(scale.low, floor(log10(fmax(LEAST_US, (double)second->median_us))));
		scale.high = fmax(scale.high, ceil(log10((double)(second->most_us + 1))));
	}
	buf_addf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	    "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", WIDTH, HEIGHT, WIDTH,
	    HEIGHT);
	add_text(out, LEFT, 18, "start", "#000", title);
	add_grid(&scale, out);
	add_connections(&scale, seconds, count, out);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		add_line(&scale, seconds, count, lines[i].field, lines[i].colour, out);
	add_text(out, x, TOP - 4, "end", "#777", "connections");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		x -= i == 0 ? 76 : i == 1 ? 64 : 40;
		add_text(out, x, TOP - 4, "end", lines[i].colour, lines[i].name);
	}
	buf_adds(out, "</svg>\n");
}
