/*
 * Named searches (RFC 5466): programs that clients keep in the server's metadata,
 * under /private/filters/values/NAME or, when it has none there, under /shared.
 */
#include <string.h>

#include "cmd/search.h"
#include "session/session.h"
#include "store/notes.h"
#include "util/arena.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"

static const char *const roots[] = { "/private/filters/values/", "/shared/filters/values/" };

static bool
get(void *ctx, struct str name, struct arena *arena, struct str *value, struct err *err)
{
	struct session *s = ctx;
	struct notes notes;

	*value = (struct str){ NULL, 0 };
	if (notes_read(&s->account, NOTES_METADATA, &notes, err) < 0)
		return false;
	for (size_t i = 0; i < sizeof roots / sizeof roots[0] && value->data == NULL; i++) {
		struct buf entry = BUF_INIT;
		const struct note *note;

		buf_adds(&entry, roots[i]);
		buf_add(&entry, name.data, name.len);
		note = notes_find(&notes, "", entry.data);
		if (note != NULL)
			*value = (struct str){
				arena_strndup(arena, note->value, note->value_len), note->value_len
			};
		buf_fini(&entry);
	}
	notes_fini(&notes);
	return true;
}

struct criteria_filters
search_filters(struct session *s)
{
	return (struct criteria_filters){ .ctx = s, .get = get };
}

int
filter_check(const char *mailbox, const char *entry, const char *value, size_t len,
    struct arena *arena, struct err *err)
{
	struct err why;

	if (*mailbox != '\0' || value == NULL)
		return 0;
	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
		if (ascii_ncasecmp(entry, roots[i], strlen(roots[i])) != 0)
			continue;
		if (criteria_check_filter(value, len, arena, &why) < 0)
			return err_set(err, ERR_NO, "The value is no search program: %s", why.client);
	}
	return 0;
}
