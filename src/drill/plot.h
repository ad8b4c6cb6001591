/*
 * Latency over time as a small SVG: median, 99 % and maximum of each second on
 * a logarithmic scale, and how many connections were open.
 */
#ifndef DRILL_PLOT_H
#define DRILL_PLOT_H

#include <stddef.h>

struct buf;
struct second;

void plot_svg(const struct second *seconds, size_t count, const char *title, struct buf *out);

#endif
