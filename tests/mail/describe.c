/*
 * Says all that we say of messages, for comparison with other servers: for each
 * file named on stdin, one a line, its ENVELOPE, BODY, BODYSTRUCTURE,
 * RFC822.SIZE, every section of every part and the decoded leaves, each as "NAME LENGTH\n", LENGTH
 * bytes and "\n"; a line "." ends the message.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/file.h"
#include "mail/module.h"
#include "mail/parse.h"
#include "mail/section.h"
#include "message/message.h"
#include "util/buf.h"
#include "util/err.h"

static void
say(const char *name, const char *bytes, size_t len)
{
	printf("%s %zu\n", name, len);
	fwrite(bytes, 1, len, stdout);
	putchar('\n');
}

static void
say_section(const char *words, const struct mail *mail, const struct part_table *parts)
{
	static const struct section_name names[] = {
		{ "Subject", 7 }, { "from", 4 }, { "RECEIVED", 8 }, { "X-A", 3 },
	};
	struct section section;
	struct section_data data = SECTION_DATA_INIT;
	struct buf out = BUF_INIT;
	const char *why;
	char name[1500];
	bool good = section_parse(words, strlen(words), &section, &why) >= 0;

	section.names = names;
	section.name_count = sizeof names / sizeof names[0];
	if (good && section_find(&section, mail->data, mail->len, MAIL_UNKNOWN, parts, &data)) {
		section_send(&data, mail->data, mail->len, 0, UINT64_MAX, sink_buf, &out);
		snprintf(name, sizeof name, "BODY[%s]%s", words, out.len == data.size ? "" : "-WRONG-SIZE");
		say(name, buf_str(&out), out.len);
	}
	buf_fini(&out);
	section_data_fini(&data);
}

/* The decoded body of a leaf. */
static void
say_binary(const char *path, const struct mail *mail, const struct part *part)
{
	struct err err;
	const struct message_ops *ops = module_ops(&err);
	struct buf out = BUF_INIT;
	uint64_t size = 0;
	char name[1500];

	snprintf(name, sizeof name, "BINARY[%s]", path);
	if (ops != NULL && ops->decode(mail->data + part->body, part->end - part->body,
	    (enum part_encoding)part->encoding, sink_buf, &out, &size, &err) == 0)
		say(name, buf_str(&out), out.len);
	buf_fini(&out);
}

static void
say_part(const char *path, const struct mail *mail, const struct part_table *parts)
{
	static const char *const kinds[] = { "", ".MIME", ".HEADER", ".TEXT",
		".HEADER.FIELDS (Subject from RECEIVED X-A)", ".HEADER.FIELDS.NOT (Subject from RECEIVED X-A)" };
	char words[1400];

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		snprintf(words, sizeof words, "%s%s", path, kinds[i]);
		say_section(words, mail, parts);
	}
}

static void say_below(const char *path, uint32_t at, const struct mail *mail, const struct part_table *parts);

static void
say_numbered(const char *path, uint32_t number, uint32_t at, const struct mail *mail,
    const struct part_table *parts)
{
	char below[1300];

	snprintf(below, sizeof below, "%s%s%u", path, *path ? "." : "", (unsigned)number);
	say_part(below, mail, parts);
	if (parts->parts[at].kind == PART_LEAF)
		say_binary(below, mail, &parts->parts[at]);
	if (parts->parts[at].kind == PART_MULTIPART)
		say_below(below, at, mail, parts);
	else if (parts->parts[at].kind == PART_MESSAGE)
		say_below(below, at + 1, mail, parts);
}

/* What a client would ask for below a multipart, or below a message whose root is `at`. */
static void
say_below(const char *path, uint32_t at, const struct mail *mail, const struct part_table *parts)
{
	if (parts->parts[at].kind != PART_MULTIPART) {
		say_numbered(path, 1, at, mail, parts);
		return;
	}
	for (uint32_t i = at + 1; i < parts->parts[at].next; i = parts->parts[i].next)
		say_numbered(path, parts->parts[i].number, i, mail, parts);
}

int
main(void)
{
	struct mail mail = MAIL_INIT;
	struct parsed parse = PARSED_INIT;
	struct err err;
	char path[4096], module[4096];

	if (getenv("MAYFLY_BUILD") != NULL) {
		snprintf(module, sizeof module, "%s/mayfly-message.so", getenv("MAYFLY_BUILD"));
		module_path(module);
	}
	while (fgets(path, sizeof path, stdin) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		if (mail_open(&mail, AT_FDCWD, path, &err) == MAIL_OPEN) {
			parse_message(mail.data, mail.len, PARSE_ALL, &parse);
			say("ENVELOPE", buf_str(&parse.envelope), parse.envelope.len);
			say("BODY", buf_str(&parse.body), parse.body.len);
			say("BODYSTRUCTURE", buf_str(&parse.bodystructure), parse.bodystructure.len);
			printf("RFC822.SIZE %d\n%010llu\n", 10, (unsigned long long)parse.vsize);
			say_section("HEADER", &mail, NULL);
			say_section("TEXT", &mail, NULL);
			say_section("HEADER.FIELDS (Subject from RECEIVED X-A)", &mail, NULL);
			say_section("HEADER.FIELDS.NOT (Subject from RECEIVED X-A)", &mail, NULL);
			say_below("", 0, &mail, &parse.parts);
		}
		puts(".");
		fflush(stdout);
	}
	parsed_fini(&parse);
	mail_fini(&mail);
	return 0;
}
