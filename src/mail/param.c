/*
 * MIME parameters. Continuations are sorted and joined when their numbers run
 * from 0 without a gap; otherwise each is shown under the name that it has, for
 * nobody can say what was meant.
 */
#include "mail/param.h"

#include <stdlib.h>
#include <string.h>

#include "mail/nstring.h"
#include "mail/parse.h"
#include "util/ascii.h"
#include "util/mem.h"

void
params_fini(struct params *params)
{
	buf_fini(&params->text);
	free(params->list);
	*params = PARAMS_INIT;
}

/* "name*12*": take name, number and asterisk apart. */
static void
split_name(const struct params *params, struct param *param)
{
	const char *name = params->text.data + param->name;
	const char *star = memchr(name, '*', param->name_len);
	const char *end = name + param->name_len, *at;
	uint64_t section = 0;

	if (star == NULL)
		return;
	for (at = star + 1; at < end && ascii_is_digit(*at); at++)
		;
	if (at < end && (*at != '*' || at + 1 != end))
		return;
	if (at > star + 1 && !ascii_number(star + 1, (size_t)(at - star - 1), UINT32_MAX, &section))
		return;
	param->continued = true;
	param->encoded = at < end || at == star + 1;
	param->section = (uint32_t)section;
	param->name_len = (size_t)(star - name);
}

/* "=?charset?q?word?=" without quotes, as many programs write it: up to a blank or ";". */
static int
word_value(struct lex *lex, struct buf *out)
{
	const char *start = lex->at;

	while (lex->at < lex->end && strchr("; \t\r\n", *lex->at) == NULL)
		lex->at++;
	buf_add(out, start, (size_t)(lex->at - start));
	return lex_blanks(lex);
}

/* One parameter behind its ";". -1 when it is none; at is then where it broke. */
static int
read_one(struct params *params, struct lex *lex)
{
	struct param param = { 0 };
	size_t before = params->text.len;
	int more;

	if (!lex_at(lex, ';'))
		return -1;
	lex->at++;
	if (lex_blanks(lex) <= 0)
		return -1;
	param.name = before;
	if (*lex->at != '=')	/* some programs forget the name: it is "" then */
		lex_token(lex, &params->text);
	param.name_len = params->text.len - param.name;
	if (!lex_at(lex, '='))
		goto broken;
	lex->at++;
	param.value = params->text.len;
	more = lex_blanks(lex);
	if (more > 0 && *lex->at == '"')
		more = lex_quoted(lex, &params->text);
	else if (more > 0 && *lex->at == '=')
		more = word_value(lex, &params->text);
	else if (more > 0 && *lex->at != ';' && lex_token(lex, &params->text) < 0)
		more = 0;	/* no token: the value is empty, what stands there is skipped */
	if (more < 0)
		goto broken;
	param.value_len = params->text.len - param.value;
	split_name(params, &param);
	params->list = mem_grow(params->list, &params->room, params->count + 1, sizeof *params->list);
	params->list[params->count++] = param;
	return 0;
broken:
	params->text.len = before;
	return -1;
}

struct order {
	const struct param *param;
	const char *text;
};

static int
compare(const void *left, const void *right)
{
	const struct order *a = left, *b = right;
	size_t len = a->param->name_len < b->param->name_len ? a->param->name_len : b->param->name_len;
	int order = ascii_ncasecmp(a->text + a->param->name, b->text + b->param->name, len);

	if (order == 0 && a->param->name_len != b->param->name_len)
		order = a->param->name_len < b->param->name_len ? -1 : 1;
	if (order == 0 && a->param->section != b->param->section)
		order = a->param->section < b->param->section ? -1 : 1;
	if (order == 0)		/* as they came */
		order = a->param < b->param ? -1 : 1;
	return order;
}

static bool
same_name(const struct order *a, const struct order *b)
{
	return a->param->name_len == b->param->name_len
	    && ascii_ncasecmp(a->text + a->param->name, b->text + b->param->name, a->param->name_len) == 0;
}

/* What must be written with % among encoded pieces (RFC 2231 7, attribute-char). */
static bool
needs_percent(char c)
{
	return c <= ' ' || c >= 0x7f || strchr("*'%()<>@,;:\\\"/[]?=", c) != NULL;
}

/* A plain piece of a value whose other pieces are encoded. */
static void
add_encoded(struct buf *out, const char *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (needs_percent(bytes[i])) {
			buf_addc(out, '%');
			buf_addc(out, hex[c >> 4]);
			buf_addc(out, hex[c & 15]);
		} else {
			buf_addc(out, bytes[i]);
		}
	}
}

/* The pieces [first, first + count) as one parameter. */
static struct param
join(struct buf *text, const struct order *first, size_t count, const char *old)
{
	struct param joined = { .name = text->len };
	bool encoded = false;

	for (size_t i = 0; i < count; i++)
		encoded = encoded || first[i].param->encoded;
	buf_add(text, old + first->param->name, first->param->name_len);
	if (encoded)
		buf_addc(text, '*');
	joined.name_len = text->len - joined.name;
	joined.value = text->len;
	for (size_t i = 0; i < count; i++) {
		const struct param *piece = first[i].param;

		if (encoded && !piece->encoded)
			add_encoded(text, old + piece->value, piece->value_len);
		else
			buf_add(text, old + piece->value, piece->value_len);
	}
	joined.value_len = text->len - joined.value;
	return joined;
}

/* A piece that fits no other, under its full name. */
static struct param
alone(struct buf *text, const struct param *piece, const char *old)
{
	struct param param = { .name = text->len };

	buf_add(text, old + piece->name, piece->name_len);
	buf_addc(text, '*');
	buf_addu(text, piece->section);
	if (piece->encoded)
		buf_addc(text, '*');
	param.name_len = text->len - param.name;
	param.value = text->len;
	param.value_len = piece->value_len;
	buf_add(text, old + piece->value, piece->value_len);
	return param;
}

/* Put the continuations together, behind the plain parameters. */
static void
put_together(struct params *params)
{
	struct order *order = mem_realloc_array(NULL, params->count, sizeof *order);
	struct buf old = params->text;
	struct param *list = mem_realloc_array(NULL, params->count, sizeof *list);
	size_t plain = 0, pieces = 0;

	params->text = BUF_INIT;
	buf_add(&params->text, buf_str(&old), old.len);
	for (size_t i = 0; i < params->count; i++) {
		if (params->list[i].continued)
			order[pieces++] = (struct order){ &params->list[i], buf_str(&old) };
		else
			list[plain++] = params->list[i];
	}
	qsort(order, pieces, sizeof *order, compare);
	for (size_t i = 0, next; i < pieces; i = next) {
		bool whole = true;

		for (next = i; next < pieces && same_name(&order[i], &order[next]); next++)
			whole = whole && order[next].param->section == next - i;
		if (whole) {
			list[plain++] = join(&params->text, &order[i], next - i, buf_str(&old));
			continue;
		}
		for (size_t k = i; k < next; k++)
			list[plain++] = alone(&params->text, order[k].param, buf_str(&old));
	}
	free(order);
	free(params->list);
	buf_fini(&old);
	params->list = list;
	params->room = params->count;
	params->count = plain;
}

void
params_read(struct params *params, struct lex *lex)
{
	bool continued = false;

	buf_reset(&params->text);
	buf_add(&params->text, "", 0);	/* never NULL, though all names and values may be empty */
	params->count = 0;
	while (lex->at < lex->end && params->count < PARSE_PARAM_MAX) {
		if (read_one(params, lex) == 0) {
			continued = continued || params->list[params->count - 1].continued;
			continue;
		}
		/* on to the next ";" behind the byte that did not fit */
		if (lex->at < lex->end)
			lex->at++;
		while (lex->at < lex->end && *lex->at != ';')
			lex->at++;
	}
	if (continued)
		put_together(params);
}

bool
params_find(const struct params *params, const char *name, const char **value, size_t *len)
{
	for (size_t i = 0; i < params->count; i++) {
		const struct param *param = &params->list[i];

		if (!ascii_is(params->text.data + param->name, param->name_len, name))
			continue;
		*value = params->text.data + param->value;
		*len = param->value_len;
		return true;
	}
	return false;
}

void
params_add(const struct params *params, bool default_charset, struct buf *out)
{
	const char *value;
	size_t len;

	if (default_charset)
		default_charset = !params_find(params, "charset", &value, &len);
	if (params->count == 0 && !default_charset) {
		buf_adds(out, "NIL");
		return;
	}
	buf_addc(out, '(');
	for (size_t i = 0; i < params->count; i++) {
		const struct param *param = &params->list[i];

		if (i > 0)
			buf_addc(out, ' ');
		nstring_add(out, params->text.data + param->name, param->name_len);
		buf_addc(out, ' ');
		nstring_add(out, params->text.data + param->value, param->value_len);
	}
	if (default_charset)
		buf_adds(out, params->count > 0 ? " \"charset\" \"us-ascii\"" : "\"charset\" \"us-ascii\"");
	buf_addc(out, ')');
}
