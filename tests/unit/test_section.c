/* mail/section and mail/part: words, numbers, spans, and a table that nobody can forge. */
#include <stdlib.h>

#include "mail/file.h"
#include "mail/part.h"
#include "mail/section.h"
#include "test.h"
#include "util/buf.h"

static void
test_parse(void)
{
	static const struct {
		const char *text;
		int used;		/* -1: refused */
		const char *printed;
	} rows[] = {
		{ "]", 0, "" },
		{ "", 0, "" },
		{ "header]", 6, "HEADER" },
		{ "TEXT]<0.1>", 4, "TEXT" },
		{ "HEADER.FIELDS (From)", 13, "HEADER.FIELDS ()" },
		{ "header.fields.not (From)", 17, "HEADER.FIELDS.NOT ()" },
		{ "1]", 1, "1" },
		{ "1.2.3]", 5, "1.2.3" },
		{ "4294967295.MIME]", 15, "4294967295.MIME" },
		{ "1.2.HEADER.FIELDS (x)", 17, "1.2.HEADER.FIELDS ()" },
		{ "MIME]", -1, NULL },
		{ "0]", -1, NULL },
		{ "01]", -1, NULL },
		{ "1.0]", -1, NULL },
		{ "1.]", -1, NULL },
		{ "4294967296]", -1, NULL },
		{ ".1]", -1, NULL },
		{ "HEADERS]", -1, NULL },
		{ "HEADER.]", -1, NULL },
		{ "TEXT.1]", -1, NULL },
		{ "x", -1, NULL },
		{ " ", -1, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct section section;
		struct buf out = BUF_INIT;
		const char *why = NULL;
		int used = section_parse(rows[i].text, strlen(rows[i].text), &section, &why);

		check(used == rows[i].used && (used < 0) == (why != NULL), "\"%s\" is %d long", rows[i].text, rows[i].used);
		if (used >= 0) {
			section_print(&section, &out);
			check_str(buf_str(&out), rows[i].printed, "printed");
		}
		buf_fini(&out);
	}
}

static void
test_print_names(void)
{
	static const struct section_name names[] = {
		{ "From", 4 }, { "X y", 3 }, { "a\"b", 3 }, { "", 0 }, { "\xc3\xa4", 2 }, { "a]b", 3 },
	};
	struct section section = { .kind = SECTION_HEADER_FIELDS, .path = { 3 }, .depth = 1,
		.names = names, .name_count = 6 };
	struct buf out = BUF_INIT;

	section_print(&section, &out);
	check_str(buf_str(&out), "3.HEADER.FIELDS (From \"X y\" \"a\\\"b\" \"\" {2}\r\n\xc3\xa4 a]b)",
	    "names as atoms, quoted, literal");
	buf_fini(&out);
}

/*
 * A message of four levels, its table made by hand:
 * 0 multipart, 1 leaf, 2 message, 3 the multipart in it, 4 and 5 leaves.
 */
static const char sample[] =
	"Top: 1\n\n"			/* 0 */
	"pre\n--a\n"			/* 8 */
	"P: 1\n\n" "one\n"		/* 16: header, 22: body, 26 */
	"\n--a\n"			/* 26 */
	"P: 2\n\n"			/* 31: header, 37: body */
	"Sub: x\nFrom: y\n\n"		/* 37: header, 53: body */
	"--b\n"				/* 53 */
	"\n" "two\n"			/* 57: header, 58: body, 62 */
	"--b\r\n"			/* 62 */
	"Q: 1\r\n\r\n" "three\r\n"	/* 67: header, 75: body, 82 */
	"--b--\n"			/* 82 */
	"--a--\n";			/* 88, 94 */

static void
add(struct part_table *table, uint32_t parent, uint32_t number, uint32_t next, int kind,
    uint64_t header, uint64_t body, uint64_t end)
{
	struct part *part = part_table_add(table);

	part->parent = parent;
	part->number = number;
	part->next = next;
	part->kind = (uint8_t)kind;
	part->header = header;
	part->body = body;
	part->end = end;
	part->header_size = crlf_size(sample + header, body - header);
	part->body_size = crlf_size_lines(sample + body, end - body, &part->lines);
	part->text = kind == PART_LEAF;
}

static void
sample_table(struct part_table *table)
{
	*table = PART_TABLE_INIT;
	add(table, 0, 0, 6, PART_MULTIPART, 0, 8, 94);
	add(table, 0, 1, 2, PART_LEAF, 16, 22, 26);
	add(table, 0, 2, 6, PART_MESSAGE, 31, 37, 88);
	add(table, 2, 0, 6, PART_MULTIPART, 37, 53, 88);
	add(table, 3, 1, 5, PART_LEAF, 57, 58, 62);
	add(table, 3, 2, 6, PART_LEAF, 67, 75, 82);
	table->parts[5].encoding = PART_BASE64;
}

static void
test_find(void)
{
	static const struct {
		const char *words;
		const char *name;	/* of the header list */
		const char *content;	/* NULL: NIL */
	} rows[] = {
		{ "HEADER]", NULL, "Top: 1\r\n\r\n" },
		{ "HEADER.FIELDS ", "top", "Top: 1\r\n\r\n" },
		{ "HEADER.FIELDS ", "To", "\r\n" },
		{ "HEADER.FIELDS.NOT ", "top", "\r\n" },
		{ "1]", NULL, "one\r\n" },
		{ "1.MIME]", NULL, "P: 1\r\n\r\n" },
		{ "1.1]", NULL, NULL },
		{ "1.TEXT]", NULL, NULL },
		{ "1.HEADER]", NULL, NULL },
		{ "3]", NULL, NULL },
		{ "2.MIME]", NULL, "P: 2\r\n\r\n" },
		{ "2.HEADER]", NULL, "Sub: x\r\nFrom: y\r\n\r\n" },
		{ "2.HEADER.FIELDS ", "FROM", "From: y\r\n\r\n" },
		{ "2.HEADER.FIELDS.NOT ", "FROM", "Sub: x\r\n\r\n" },
		{ "2.TEXT]", NULL, "--b\r\n\r\ntwo\r\n--b\r\nQ: 1\r\n\r\nthree\r\n--b--\r\n" },
		{ "2.1]", NULL, "two\r\n" },
		{ "2.2]", NULL, "three\r\n" },
		{ "2.2.MIME]", NULL, "Q: 1\r\n\r\n" },
		{ "2.1.MIME]", NULL, "\r\n" },
		{ "2.3]", NULL, NULL },
		{ "2.1.1]", NULL, NULL },
	};
	struct part_table table;
	struct section_data data = SECTION_DATA_INIT;

	sample_table(&table);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct section_name name = { rows[i].name, rows[i].name ? strlen(rows[i].name) : 0 };
		struct section section;
		struct buf out = BUF_INIT, pieces = BUF_INIT;
		const char *why;
		bool there;

		section_parse(rows[i].words, strlen(rows[i].words), &section, &why);
		if (rows[i].name != NULL) {
			section.names = &name;
			section.name_count = 1;
		}
		there = section_find(&section, sample, sizeof sample - 1, MAIL_UNKNOWN, &table, &data);
		if (!check(there == (rows[i].content != NULL), "%s is there or not", rows[i].words) || !there)
			continue;
		check(section_send(&data, sample, sizeof sample - 1, 0, UINT64_MAX, sink_buf, &out)
		    && data.size == out.len, "%s has the size that was told", rows[i].words);
		check_str(buf_str(&out), rows[i].content, rows[i].words);
		for (uint64_t at = 0; at < data.size; at += 3)
			section_send(&data, sample, sizeof sample - 1, at, 3, sink_buf, &pieces);
		check_str(buf_str(&pieces), rows[i].content, "the same in steps of three");
		check(section_partial(&data, data.size, 1) == 0, "nothing behind the end");
		buf_fini(&out);
		buf_fini(&pieces);
	}
	section_data_fini(&data);
	part_table_fini(&table);
}

static void
test_many_names(void)
{
	struct section_name names[30];
	char text[30][8], header[64];
	struct section section;
	struct section_data data = SECTION_DATA_INIT;
	struct buf out = BUF_INIT;
	const char *why;

	for (int i = 0; i < 30; i++) {
		snprintf(text[i], sizeof text[i], "X-%d", 29 - i);
		names[i] = (struct section_name){ text[i], strlen(text[i]) };
	}
	strcpy(header, "x-7: a\nX-77: b\nX-: c\nX-29: d\n");
	section_parse("HEADER.FIELDS ", 14, &section, &why);
	section.names = names;
	section.name_count = 30;
	section_find(&section, header, strlen(header), MAIL_UNKNOWN, NULL, &data);
	section_send(&data, header, strlen(header), 0, UINT64_MAX, sink_buf, &out);
	check_str(buf_str(&out), "x-7: a\r\nX-29: d\r\n", "thirty names, and no blank line where there is none");
	buf_fini(&out);
	section_data_fini(&data);
}

static void
test_stale(void)
{
	struct section section;
	struct section_data data = SECTION_DATA_INIT;
	struct buf out = BUF_INIT;
	const char *why;

	section_parse("]", 1, &section, &why);
	section_find(&section, "ab\n", 3, 100, NULL, &data);
	check(!section_send(&data, "ab\n", 3, 0, UINT64_MAX, sink_buf, &out) && out.len == 100,
	    "a size that was wrong is filled up, and said");
	buf_reset(&out);
	section_find(&section, "ab\n", 3, 2, NULL, &data);
	section_send(&data, "ab\n", 3, 0, UINT64_MAX, sink_buf, &out);
	check_str(buf_str(&out), "ab", "or cut");
	buf_fini(&out);
	section_data_fini(&data);
}

static bool
same_parts(const struct part_table *a, const struct part_table *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(&a->parts[i], &b->parts[i], sizeof a->parts[i]) != 0)
			return false;
	return true;
}

static void
test_save(void)
{
	struct part_table table, again = PART_TABLE_INIT;
	struct buf saved = BUF_INIT;
	size_t len = sizeof sample - 1;
	bool cut = true, changed = true;

	sample_table(&table);
	part_table_save(&table, &saved);
	check(saved.len < 80, "six parts in %zu bytes", saved.len);
	check(part_table_load(&again, saved.data, saved.len, len) && same_parts(&table, &again),
	    "saved and loaded");
	check(!part_table_load(&again, saved.data, saved.len, len - 1), "not for a shorter file");
	for (size_t i = 0; i < saved.len; i++) {
		char *exact = malloc(i + 1);

		memcpy(exact, saved.data, i);
		cut = cut && !part_table_load(&again, exact, i, len);
		free(exact);
	}
	check(cut, "no prefix is taken for a table");
	for (size_t i = 0; i < saved.len * 256; i++) {
		char was = saved.data[i / 256];

		saved.data[i / 256] = (char)i;
		if (part_table_load(&again, saved.data, saved.len, len))
			for (size_t k = 0; k < again.count; k++) {
				const struct part *part = &again.parts[k];

				changed = changed && part->header <= part->body && part->body <= part->end
				    && part->end <= len && part->parent <= k && part->next > k
				    && part->next <= again.count;
			}
		saved.data[i / 256] = was;
	}
	check(changed, "no changed byte makes a table that leads outside");
	buf_fini(&saved);
	part_table_fini(&table);
	part_table_fini(&again);
}

int
main(void)
{
	test_parse();
	test_print_names();
	test_find();
	test_many_names();
	test_stale();
	test_save();
	return test_done();
}
