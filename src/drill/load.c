/* A load test for people: each second as it passes, and all of them at the end. */
#include "drill/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drill/drill.h"
#include "drill/plot.h"
#include "util/mem.h"

/* Where the progress goes to no terminal, a line now and then is enough. */
#define PROGRESS_SECONDS 10

/* Our resident memory in kB, 0 where it can't be known. */
static long
resident_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void
load_begin(struct load *load, struct drill *drill)
{
	load->terminal = isatty(STDERR_FILENO);
	load->every = drill->options.progress > 0 ? drill->options.progress :
	    load->terminal ? 1 : PROGRESS_SECONDS;
	load->start_kb = resident_kb();
	load->began_us = drill->loop.now_us;
}

void
load_clear_line(struct load *load)
{
	if (load->on_line)
		fputs("\r\033[K", stderr);
	load->on_line = false;
}

static double
kb_each(const struct load *load)
{
	if (load->most_open == 0 || load->most_kb <= load->start_kb)
		return 0;
	return (double)(load->most_kb - load->start_kb) / load->most_open;
}

static void
tell(struct load *load, const struct drill *drill, const struct second *second)
{
	char median[16], high[16];

	if (drill->options.quiet || load->count % load->every != 0)
		return;
	load_clear_line(load);
	stats_time(second->median_us, median);
	stats_time(second->high_us, high);
	fprintf(stderr, "%zu s: %u open, %" PRIu64 " answers (%u/s), median %s, 99%% %s, "
	    "%u refused, %" PRIu64 " broken, %.1f kB each", load->count, second->connections,
	    drill->answers, second->answers, median, high, second->failures, drill->incomplete,
	    kb_each(load));
	if (!load->terminal)
		fputc('\n', stderr);
	load->on_line = load->terminal;
	fflush(stderr);
}

void
load_second(struct load *load, struct drill *drill)
{
	struct second *second;

	load->seconds = mem_grow(load->seconds, &load->room, load->count + 1,
	    sizeof *load->seconds);
	second = &load->seconds[load->count++];
	*second = (struct second){
		.connections = drill->open,
		.answers = (uint32_t)(drill->answers - load->answers),
		.failures = drill->second_failures,
		.median_us = histogram_quantile(&drill->second, 0.5),
		.high_us = histogram_quantile(&drill->second, 0.99),
		.most_us = drill->second.count > 0 ? drill->second.most : 0,
	};
	load->answers = drill->answers;
	drill->second_failures = 0;
	histogram_clear(&drill->second);
	if (drill->open >= load->most_open) {
		load->most_open = drill->open;
		load->most_kb = resident_kb();
	}
	tell(load, drill, second);
}

static void
write_file(struct load *load, const char *path, const struct buf *text)
{
	FILE *file = fopen(path, "we");
	bool ok = file != NULL && fwrite(text->data, 1, text->len, file) == text->len;

	if (file != NULL)
		ok = fclose(file) == 0 && ok;
	if (!ok) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		load->broken = true;
	}
}

static void
make_json(const struct load *load, const struct drill *drill, double seconds, struct buf *out)
{
	buf_addf(out, "{\"sessions\":%u,\"seconds\":%.3f,\"connections\":%" PRIu64
	    ",\"most_open\":%u,\"answers\":%" PRIu64 ",\"broken\":%" PRIu64
	    ",\"expectations_failed\":%" PRIu64 ",\"bytes_per_connection\":%.0f,\n\"commands\":",
	    drill->options.sessions, seconds, drill->connections, drill->open_most, drill->answers,
	    drill->incomplete, drill->expectations_failed, kb_each(load) * 1024);
	table_json(&drill->table, out);
	buf_adds(out, ",\n\"timeline\":[");
	for (size_t i = 0; i < load->count; i++) {
		const struct second *second = &load->seconds[i];

		buf_addf(out, "%s\n{\"second\":%zu,\"open\":%u,\"answers\":%u,\"refused\":%u,"
		    "\"median\":%.6f,\"p99\":%.6f,\"max\":%.6f}", i > 0 ? "," : "", i + 1, second->connections,
		    second->answers, second->failures, (double)second->median_us / 1e6,
		    (double)second->high_us / 1e6, (double)second->most_us / 1e6);
	}
	buf_adds(out, "]}\n");
}

static void
make_text(const struct load *load, const struct drill *drill, double seconds, struct buf *out)
{
	table_print(&drill->table, out);
	buf_addf(out, "\n%" PRIu64 " connections, at most %u at once; %" PRIu64
	    " answers in %.1f s (%.0f/s)\n", drill->connections, drill->open_most, drill->answers,
	    seconds, (double)drill->answers / seconds);
	if (kb_each(load) > 0)
		buf_addf(out, "imapdrill's own memory: %.2f kB for each of %u connections\n",
		    kb_each(load), load->most_open);
	buf_addf(out, "%" PRIu64 " connections broken, %" PRIu64 " expectations failed\n",
	    drill->incomplete, drill->expectations_failed);
}

void
load_end(struct load *load, struct drill *drill)
{
	const struct options *options = &drill->options;
	double seconds = (double)(drill->loop.now_us - load->began_us) / 1e6;
	struct buf text = BUF_INIT, json = BUF_INIT, svg = BUF_INIT, title = BUF_INIT;

	load_second(load, drill);
	load_clear_line(load);
	if (seconds < 0.001)
		seconds = 0.001;
	make_text(load, drill, seconds, &text);
	make_json(load, drill, seconds, &json);
	buf_addf(&title, "%s: %u sessions, %" PRIu64 " answers", drill->script->path,
	    options->sessions, drill->answers);
	plot_svg(load->seconds, load->count, buf_str(&title), &svg);
	fputs(options->json ? json.data : text.data, stdout);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "imapdrill: stdout: %s\n", strerror(errno));
		load->broken = true;
	}
	if (options->table_json != NULL)
		write_file(load, options->table_json, &json);
	if (options->svg != NULL)
		write_file(load, options->svg, &svg);
	buf_fini(&text);
	buf_fini(&json);
	buf_fini(&svg);
	buf_fini(&title);
}

void
load_fini(struct load *load)
{
	free(load->seconds);
	load->seconds = NULL;
}
