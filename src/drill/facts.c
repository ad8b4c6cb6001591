/* Alternatives of the RFCs, read off what a server answered. */
#include "drill/facts.h"

#include <stdio.h>
#include <string.h>

#include "drill/logfile.h"
#include "drill/response.h"
#include "util/ascii.h"

static void
tally_add(struct tally *tally, const char *word, size_t len)
{
	char name[sizeof tally->list[0].word];
	size_t i = 0;

	if (len >= sizeof name)
		len = sizeof name - 1;
	for (size_t k = 0; k < len; k++)
		name[k] = word[k] >= 0x20 && word[k] < 0x7f ? ascii_upper(word[k]) : '?';
	name[len] = '\0';
	while (i < tally->count && strcmp(tally->list[i].word, name) != 0)
		i++;
	if (i == FACTS_CODES) {
		tally->other++;
		return;
	}
	if (i == tally->count) {
		tally->count++;
		memcpy(tally->list[i].word, name, len + 1);
	}
	tally->list[i].times++;
}

/* The name of the response code behind the status word: its length, 0 for none. */
static size_t
code_of(const struct answer *answer, const char **code_out)
{
	const char *at = memchr(answer->rest, ' ', answer->rest_len);
	const char *end = answer->rest + answer->rest_len;
	size_t len = 0;

	if (at == NULL || end - at < 3 || at[1] != '[')
		return 0;
	at += 2;
	while (at + len < end && at[len] != ' ' && at[len] != ']')
		len++;
	*code_out = at;
	return len;
}

static bool
has_capability(const struct answer *answer)
{
	const char *code;
	size_t len = code_of(answer, &code);

	return ascii_is(code, len, "CAPABILITY");
}

void
facts_greeting(struct facts *facts, const struct entry *entry)
{
	struct answer answer;
	const char *code = "", *word;
	size_t len;

	response_read(buf_str(&entry->text), entry->text.len, &answer);
	len = code_of(&answer, &code);
	word = answer.status == STATUS_PREAUTH ? "PREAUTH" :
	    answer.status == STATUS_BYE ? "BYE" : "OK";
	snprintf(facts->greeting, sizeof facts->greeting, "%s, %s", word,
	    ascii_is(code, len, "CAPABILITY") ? "with capabilities" : "without capabilities");
}

/* Strings of an answer, by form. */
static void
count_strings(struct facts *facts, const struct entry *entry)
{
	struct buf text = BUF_INIT;
	unsigned literals, strings = 0;
	bool inside = false;

	response_canonical(buf_str(&entry->text), entry->text.len, &text, &literals);
	for (size_t i = 0; i < text.len; i++) {
		if (inside && text.data[i] == '\\') {
			i++;
		} else if (text.data[i] == '"') {
			strings += !inside;
			inside = !inside;
		}
	}
	facts->literals += literals;
	if (strings > literals)
		facts->quoted += strings - literals;
	buf_fini(&text);
}

void
facts_untagged(struct facts *facts, const struct entry *entry, struct asked *asked)
{
	const char *text = buf_str(&entry->text), *word, *end = text + entry->text.len;
	struct answer answer;
	size_t len;

	response_read(text, entry->text.len, &answer);
	word = answer.rest;
	while (word < end && (ascii_is_digit(*word) || *word == ' '))
		word++;
	len = strcspn(word, " \r\n");
	if (answer.status == STATUS_NONE && ascii_is(word, len, "FETCH"))
		count_strings(facts, entry);
	if (asked == NULL)
		return;
	if (ascii_is(word, len, "EXPUNGE") || ascii_is(word, len, "VANISHED"))
		tally_add(&facts->expunge_in, asked->verb, strlen(asked->verb));
	else if (ascii_is(word, len, "CAPABILITY"))
		asked->saw_capability = true;
	else if (ascii_is(word, len, "BYE"))
		asked->saw_bye = true;
	else if (ascii_is(word, len, "ESEARCH") || ascii_is(word, len, "SORT"))
		asked->saw_search = true;
	else if (ascii_is(word, len, "SEARCH")) {
		asked->saw_search = true;
		facts->search_empty_line += word + len == end;
	}
}

void
facts_tagged(struct facts *facts, const struct entry *entry, const struct asked *asked,
    bool out_of_order)
{
	struct answer answer;
	const char *code = "";
	char refusal[40];
	size_t len;

	response_read(buf_str(&entry->text), entry->text.len, &answer);
	facts->answers++;
	facts->out_of_order += out_of_order;
	len = code_of(&answer, &code);
	if (answer.status != STATUS_OK) {
		const char *word = answer.status == STATUS_NO ? "NO" : "BAD";

		if (len > 0)
			snprintf(refusal, sizeof refusal, "%s [%.*s]", word,
			    (int)(len < 20 ? len : 20), code);
		else
			snprintf(refusal, sizeof refusal, "%s", word);
		tally_add(&facts->refusals, refusal, strlen(refusal));
		return;
	}
	if (strcmp(asked->verb, "LOGIN") == 0 || strcmp(asked->verb, "AUTHENTICATE") == 0) {
		if (has_capability(&answer))
			facts->capability_tagged++;
		else if (asked->saw_capability)
			facts->capability_untagged++;
		else
			facts->capability_none++;
	} else if (strcmp(asked->verb, "SEARCH") == 0 || strcmp(asked->verb, "UID SEARCH") == 0) {
		facts->search_no_line += !asked->saw_search;
	} else if (strcmp(asked->verb, "LOGOUT") == 0) {
		if (asked->saw_bye)
			facts->logout_bye++;
		else
			facts->logout_silent++;
	}
}

static void
line(struct buf *out, const char *what)
{
	buf_addf(out, "  %-34s ", what);
}

static void
print_tally(struct buf *out, const char *what, const struct tally *tally)
{
	const char *before = "";

	if (tally->count == 0)
		return;
	line(out, what);
	for (size_t i = 0; i < tally->count; i++) {
		buf_addf(out, "%s%s", before, tally->list[i].word);
		if (tally->list[i].times > 1)
			buf_addf(out, " (%u)", tally->list[i].times);
		before = ", ";
	}
	if (tally->other > 0)
		buf_addf(out, ", others (%u)", tally->other);
	buf_addc(out, '\n');
}

void
facts_print(const struct facts *facts, struct buf *out)
{
	if (facts->greeting[0] != '\0') {
		line(out, "greeting");
		buf_addf(out, "%s\n", facts->greeting);
	}
	if (facts->capability_tagged + facts->capability_untagged + facts->capability_none > 0) {
		line(out, "capabilities after login");
		buf_addf(out, "%s\n", facts->capability_tagged > 0 ? "in the tagged OK" :
		    facts->capability_untagged > 0 ? "untagged" : "to be asked for");
	}
	if (facts->answers > 0) {
		line(out, "tagged answers");
		if (facts->out_of_order == 0)
			buf_adds(out, "in the order of the commands\n");
		else
			buf_addf(out, "%u of %u before an earlier command's\n", facts->out_of_order,
			    facts->answers);
	}
	if (facts->quoted + facts->literals > 0) {
		line(out, "strings in FETCH");
		buf_addf(out, "%u quoted, %u literals\n", facts->quoted, facts->literals);
	}
	print_tally(out, "EXPUNGE told during", &facts->expunge_in);
	if (facts->search_empty_line + facts->search_no_line > 0) {
		line(out, "a SEARCH that finds nothing");
		buf_adds(out, facts->search_empty_line > 0 ? "an empty line\n" : "no line\n");
	}
	print_tally(out, "refusals", &facts->refusals);
	if (facts->logout_bye + facts->logout_silent > 0) {
		line(out, "LOGOUT");
		buf_adds(out, facts->logout_bye > 0 ? "BYE before the OK\n" : "OK without BYE\n");
	}
}
