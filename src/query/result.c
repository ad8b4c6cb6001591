/* RETURN options and the data of ESEARCH; all lists are walked once. */
#include "query/result.h"

#include "util/buf.h"
#include "wire/parse.h"
#include "wire/seqset.h"

static const struct {
	const char *name;
	size_t offset;		/* of its bool */
} rows[] = {
	{ "ALL", offsetof(struct result_options, all) },
	{ "CONTEXT", offsetof(struct result_options, context) },
	{ "COUNT", offsetof(struct result_options, count) },
	{ "MAX", offsetof(struct result_options, max) },
	{ "MIN", offsetof(struct result_options, min) },
	{ "PARTIAL", offsetof(struct result_options, partial) },
	{ "SAVE", offsetof(struct result_options, save) },
	{ "UPDATE", offsetof(struct result_options, update) },
};

int
result_parse_range(struct parse *p, struct result_range *out)
{
	out->from_end = parse_try(p, '-');
	if (parse_nz_number(p, &out->first) < 0 || parse_char(p, ':') < 0)
		return -1;
	if (out->from_end && parse_char(p, '-') < 0)
		return -1;
	return parse_nz_number(p, &out->last);
}

static int
read_option(struct parse *p, struct result_options *out)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *start = p->at;
		bool *flag = (bool *)((char *)out + rows[i].offset), again = *flag;

		if (!parse_try_word(p, rows[i].name))
			continue;
		*flag = true;
		if ((again && flag == &out->partial) || (out->partial && out->all)) {
			p->at = start;
			return parse_fail(p, "one PARTIAL or ALL and no more");
		}
		if (flag == &out->update && out->read_update != NULL && p->at + 1 < p->end
		    && p->at[0] == ' ' && p->at[1] == '(')
			return parse_space(p) < 0 ? -1 : out->read_update(out->update_ctx);
		if (flag == &out->partial)
			return parse_space(p) < 0 ? -1 : result_parse_range(p, &out->range);
		return 0;
	}
	return parse_fail(p, "a return option");
}

int
result_parse(struct parse *p, struct result_options *out)
{
	*out = (struct result_options){ .given = parse_try_word(p, "RETURN"),
		.read_update = out->read_update, .update_ctx = out->update_ctx };
	if (!out->given)
		return 0;
	if (parse_space(p) < 0 || parse_char(p, '(') < 0)
		return -1;
	if (parse_try(p, ')')) {
		out->all = true;
		return parse_space(p);
	}
	do {
		if (read_option(p, out) < 0)
			return -1;
	} while (parse_try(p, ' '));
	return parse_char(p, ')') < 0 ? -1 : parse_space(p);
}

bool
result_speaks(const struct result_options *o)
{
	return !o->save || o->min || o->max || o->all || o->count || o->partial
	    || o->context || o->update;
}

/* 500:1 is 1:500. */
static uint32_t
low_end(const struct result_range *range)
{
	return range->first < range->last ? range->first : range->last;
}

static uint32_t
high_end(const struct result_range *range)
{
	return range->first < range->last ? range->last : range->first;
}

struct result_plan
result_plan(const struct result_options *o)
{
	bool front = o->min || (o->partial && !o->range.from_end);
	bool back = o->max || (o->partial && o->range.from_end);
	size_t enough = o->min || o->max ? 1 : 0;

	if (!o->given || o->all || o->count || o->update || front == back)
		return (struct result_plan){ false, SIZE_MAX };
	if (o->partial && high_end(&o->range) > enough)
		enough = high_end(&o->range);
	return (struct result_plan){ back, enough };
}

struct result_span
result_range_span(const struct result_range *range, size_t count)
{
	size_t low = low_end(range), high = high_end(range);

	if (low > count)
		return (struct result_span){ 0, 0 };
	if (high > count)
		high = count;
	if (range->from_end)
		return (struct result_span){ count - high, count - low + 1 };
	return (struct result_span){ low - 1, high };
}

size_t
result_spans(const struct result_options *o, size_t count, struct result_span spans[3])
{
	size_t n = 0;

	if (o->all || o->count || (!o->min && !o->max && !o->partial)) {
		spans[0] = (struct result_span){ 0, count };
		return 1;
	}
	if (o->min && count > 0)
		spans[n++] = (struct result_span){ 0, 1 };
	if (o->partial)
		spans[n++] = result_range_span(&o->range, count);
	if (o->max && count > 0)
		spans[n++] = (struct result_span){ count - 1, count };
	return n;
}

/* A run of results as a sequence-set in their order. */
static void
print_set(const uint32_t *ids, struct result_span span, struct buf *out)
{
	struct seqset set = SEQSET_INIT;

	for (size_t i = span.from; i < span.to; i++)
		seqset_add(&set, ids[i]);
	seqset_print(&set, out);
	seqset_fini(&set);
}

static void
print_partial(const struct result_options *o, const uint32_t *ids, size_t count, struct buf *out)
{
	struct result_span span = result_range_span(&o->range, count);
	const char *sign = o->range.from_end ? "-" : "";

	/* in its plain form, whichever way it was asked: RFC 9394 has both for the same range */
	buf_addf(out, " PARTIAL (%s%u:%s%u ", sign, (unsigned)low_end(&o->range),
	    sign, (unsigned)high_end(&o->range));
	if (span.from == span.to)
		buf_adds(out, "NIL");
	else
		print_set(ids, span, out);
	buf_addc(out, ')');
}

void
result_print(const struct result_options *o, const uint32_t *ids, size_t count, struct buf *out)
{
	if (o->min && count > 0)
		buf_addf(out, " MIN %u", (unsigned)ids[0]);
	if (o->max && count > 0)
		buf_addf(out, " MAX %u", (unsigned)ids[count - 1]);
	if (o->count)
		buf_addf(out, " COUNT %zu", count);
	if (o->all && count > 0) {
		buf_adds(out, " ALL ");
		print_set(ids, (struct result_span){ 0, count }, out);
	}
	if (o->partial)
		print_partial(o, ids, count, out);
}
