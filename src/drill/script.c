/*
 * What a script is when it has been read: its life, its ties. Ties are resolved
 * last, since a label may be used before the line that bears it.
 */
#include "drill/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/ascii.h"
#include "util/mem.h"

void
script_vcomplain(const struct script *script, unsigned line, const char *format, va_list args)
{
	struct buf text = BUF_INIT;
	char what[1024];

	vsnprintf(what, sizeof what, format, args);
	buf_addf(&text, "%s:%u: %s\n", script->path, line, what);
	fputs(text.data, stderr);
	buf_fini(&text);
}

void
script_complain(const struct script *script, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	script_vcomplain(script, line, format, args);
	va_end(args);
}

static void
step_fini(struct step *step)
{
	free(step->label);
	free(step->verb);
	free(step->shown);
	template_fini(&step->text);
	template_fini(&step->password);
	free(step->after.list);
	free(step->before.list);
	for (size_t i = 0; i < step->check_count; i++)
		check_fini(&step->checks[i]);
	free(step->checks);
	for (size_t i = 0; i < step->reply_count; i++)
		template_fini(&step->replies[i]);
	free(step->replies);
	for (size_t i = 0; i < step->action_count; i++) {
		struct action *action = &step->actions[i];

		template_fini(&action->text);
		free(action->question);
		for (size_t k = 0; k < action->choice_count; k++)
			free(action->choices[k].name);
		free(action->choices);
	}
	free(step->actions);
	if (step->has_until)
		regfree(&step->until);
}

void
script_free(struct script **script_in)
{
	struct script *script = *script_in;

	if (script == NULL)
		return;
	for (size_t i = 0; i < script->step_count; i++)
		step_fini(&script->steps[i]);
	free(script->steps);
	for (size_t i = 0; i < script->block_count; i++) {
		struct block *block = &script->blocks[i];

		free(block->host);
		free(block->port);
		free(block->tunnel);
		free(block->ca_file);
		free(block->server);
	}
	free(script->blocks);
	names_fini(&script->names);
	free(script->path);
	free(script->directory);
	free(script);
	*script_in = NULL;
}

bool
script_duration(const char *text, int64_t *us_out)
{
	static const struct {
		const char *unit;
		int64_t us;
	} units[] = {
		{ "", 1000000 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 },
		{ "h", INT64_C(3600000000) },
	};
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	/* a million hours is long enough, and far from overflow */
	if (!ascii_number(text, digits, 1000000, &n))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(text + digits, units[i].unit) == 0) {
			*us_out = (int64_t)n * units[i].us;
			return true;
		}
	}
	return false;
}

/* Labels in order, so that a script of many lines is tied in good time. */
struct entry {
	const char *label;
	unsigned step, block;
};

struct directory {
	struct entry *entries;
	size_t count;
};

static int
compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int r = strcmp(left->label, right->label);

	if (r != 0)
		return r;
	return left->block < right->block ? -1 : left->block > right->block;
}

static bool
make_directory(const struct script *script, struct directory *out)
{
	bool ok = true;

	out->entries = mem_calloc(script->step_count, sizeof *out->entries);
	out->count = 0;
	for (unsigned i = 0; i < script->step_count; i++)
		if (script->steps[i].labelled)
			out->entries[out->count++] =
			    (struct entry){ script->steps[i].label, i, script->steps[i].block };
	qsort(out->entries, out->count, sizeof *out->entries, compare);
	for (size_t i = 1; i < out->count; i++) {
		if (compare(&out->entries[i - 1], &out->entries[i]) == 0) {
			unsigned a = script->steps[out->entries[i - 1].step].line;
			unsigned b = script->steps[out->entries[i].step].line;

			script_complain(script, a > b ? a : b,
			    "label %s is already that of line %u", out->entries[i].label,
			    a > b ? b : a);
			ok = false;
		}
	}
	return ok;
}

/* The step of a label as a block sees it: its own first, else the only other one. */
static unsigned
find(const struct script *script, const struct directory *directory, unsigned from,
    const char *label)
{
	const struct step *step = &script->steps[from];
	size_t low = 0, high = directory->count, other = 0;
	unsigned found = SCRIPT_NONE;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(directory->entries[mid].label, label) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < directory->count && strcmp(directory->entries[low].label, label) == 0; low++) {
		if (directory->entries[low].block == step->block)
			return directory->entries[low].step;
		found = directory->entries[low].step;
		other++;
	}
	if (other == 1)
		return found;
	script_complain(script, step->line, other ? "label %s is in several other blocks" :
	    "there is no label %s", label);
	return SCRIPT_NONE;
}

static void
add_tie(struct ties *ties, unsigned step, enum tie_kind kind)
{
	ties->list = mem_grow(ties->list, &ties->room, ties->count + 1, sizeof *ties->list);
	ties->list[ties->count++] = (struct tie){ step, kind };
}

static void
tie(struct script *script, unsigned first, unsigned then, enum tie_kind kind)
{
	add_tie(&script->steps[then].after, first, kind);
	add_tie(&script->steps[first].before, then, kind);
}

/* "a1,a2+,a3?" behind a colon. */
static bool
tie_labels(struct script *script, const struct directory *directory, unsigned step,
    const char *labels)
{
	char *copy = mem_strdup(labels), *rest = copy, *label;
	bool ok = true;

	while ((label = strsep(&rest, ",")) != NULL) {
		size_t len = strlen(label);
		enum tie_kind kind = TIE_DONE;
		unsigned first;

		if (len > 0 && label[len - 1] == '+')
			kind = TIE_BEGUN;
		else if (len > 0 && label[len - 1] == '?')
			kind = TIE_OVER;
		if (kind != TIE_DONE)
			label[len - 1] = '\0';
		if (*label == '\0' && rest == NULL && label == copy)
			break;	/* "a1:" waits for the greeting alone */
		first = find(script, directory, step, label);
		if (first == SCRIPT_NONE)
			ok = false;
		else
			tie(script, first, step, kind);
	}
	free(copy);
	return ok;
}

/* Take away what waits for nothing until nothing is left; what stays goes in circles. */
static bool
has_circle(const struct script *script)
{
	size_t *missing = mem_calloc(script->step_count, sizeof *missing);
	unsigned *queue = mem_calloc(script->step_count, sizeof *queue);
	size_t head = 0, tail = 0;

	for (unsigned i = 0; i < script->step_count; i++) {
		missing[i] = script->steps[i].after.count;
		if (missing[i] == 0)
			queue[tail++] = i;
	}
	while (head < tail) {
		const struct ties *before = &script->steps[queue[head++]].before;

		for (size_t i = 0; i < before->count; i++)
			if (--missing[before->list[i].step] == 0)
				queue[tail++] = before->list[i].step;
	}
	for (unsigned i = 0; tail < script->step_count && i < script->step_count; i++) {
		if (missing[i] > 0) {
			script_complain(script, script->steps[i].line,
			    "%s waits, over others, for itself", script->steps[i].label);
			break;
		}
	}
	free(missing);
	free(queue);
	return tail < script->step_count;
}

bool
script_tie(struct script *script, const struct wanted *wanted)
{
	struct directory directory;
	bool ok = make_directory(script, &directory);

	for (unsigned i = 0; i < script->step_count; i++) {
		struct step *step = &script->steps[i];

		if (step->kind == STEP_GREETING)
			continue;
		if (wanted[i].labels == NULL)
			tie(script, i - 1, i, TIE_DONE);
		else if (!tie_labels(script, &directory, i, wanted[i].labels))
			ok = false;
		if (wanted[i].until != NULL) {
			step->until_step = find(script, &directory, i, wanted[i].until);
			if (step->until_step == SCRIPT_NONE)
				ok = false;
		}
	}
	free(directory.entries);
	return ok && !has_circle(script);
}
