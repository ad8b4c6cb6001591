/*
 * Two files with one base name, which would be one message: which of them keeps it is
 * decided here, and strangers come once each, in the order of their delivery.
 */
#include "store/look_steps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/look.h"
#include "store/mailbox.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/order.h"

/* In the order of delivery, and those of one base name side by side. */
static int
by_time(const void *a, const void *b)
{
	const struct stranger *x = a, *y = b;
	size_t len = x->base_len < y->base_len ? x->base_len : y->base_len;
	int order;

	if (x->sec != y->sec)
		return x->sec < y->sec ? -1 : 1;
	if (x->micro != y->micro)
		return x->micro < y->micro ? -1 : 1;
	order = memcmp(x->name, y->name, len);
	if (order != 0)
		return order;
	if (x->base_len != y->base_len)
		return x->base_len < y->base_len ? -1 : 1;
	return strcmp(x->suffix, y->suffix);
}

/* A plain file of cur/ or new/. */
static bool
file_stat(struct mailbox *m, unsigned flags, const char *name, struct stat *st)
{
	int dir = flags & MAIL_IN_NEW ? mailbox_new(m) : mailbox_cur(m);

	return dir >= 0 && fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st->st_mode);
}

/* Two names of one file: somebody is about to remove one, having made the other. */
static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Give the file a base name of its own. */
static bool
rename_twin(struct look *look, struct stranger *s)
{
	struct buf name = BUF_INIT;
	int dir = s->flags & MAIL_IN_NEW ? mailbox_new(look->m) : mailbox_cur(look->m);
	bool done;

	if (look->m->read_only || look->m->unsaved)
		return false;
	maildir_name_unique(&name);
	buf_adds(&name, s->suffix);
	done = renameat(dir, s->name, dir, name.data) == 0;
	if (done) {
		log_line(LOG_LEVEL_WARNING, "%s: two files had the base name of %s, one has a new name",
		    look->m->path, s->name);
		s->base_len = name.len - strlen(s->suffix);
		s->name = arena_strndup(&look->texts, name.data, name.len);
		s->suffix = s->name + s->base_len;
	}
	buf_fini(&name);
	return done;
}

/* What decides but for names of one moment: it never falls where by_time rises. */
static uint64_t
moment(const struct stranger *s)
{
	enum { SECOND = 1000000 };

	if (s->sec >= UINT64_MAX / SECOND)
		return UINT64_MAX;
	return s->sec * SECOND + (s->micro < SECOND ? s->micro : SECOND - 1);
}

static void
sort_strangers(struct look *look)
{
	size_t count = look->stranger_count, end;
	struct order_item *order = mem_calloc(2 * count, sizeof *order);	/* and as many to spare */
	struct stranger *sorted = mem_calloc(count, sizeof *sorted);

	for (size_t i = 0; i < count; i++)
		order[i] = (struct order_item){ moment(&look->strangers[i]), (uint32_t)i };
	order_items(order, order + count, count);
	for (size_t i = 0; i < count; i++)
		sorted[i] = look->strangers[order[i].at];
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && order[end].by == order[i].by; end++)
			;
		if (end - i > 1)
			qsort(sorted + i, end - i, sizeof *sorted, by_time);
	}
	free(order);
	free(look->strangers);
	look->strangers = sorted;
	look->stranger_room = count;
}

void
look_settle_twins(struct look *look)
{
	struct stranger *s;
	size_t kept = 0;

	if (look->stranger_count < 2)
		return;
	sort_strangers(look);
	s = look->strangers;
	for (size_t i = 0; i < look->stranger_count; i++) {
		struct stranger *before = kept > 0 ? &s[kept - 1] : NULL;
		struct stat first, second;

		if (before == NULL || before->base_len != s[i].base_len
		    || memcmp(before->name, s[i].name, s[i].base_len) != 0) {
			s[kept++] = s[i];
			continue;
		}
		if (strcmp(before->name, s[i].name) == 0 && before->flags == s[i].flags)
			continue;	/* the same entry from two listings */
		if (!file_stat(look->m, before->flags, before->name, &first))
			*before = s[i];
		else if (file_stat(look->m, s[i].flags, s[i].name, &second)
		    && !same_file(&first, &second) && rename_twin(look, &s[i]))
			s[kept++] = s[i];
	}
	look->stranger_count = kept;
}

void
look_part_twins(struct look *look)
{
	struct mailbox *m = look->m;
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < look->change_count;) {
		struct change *c = &look->changes[i];
		struct stat known, other;
		struct row row;

		mailbox_row(m, c->row, &row);
		if (look_same_place(&row, c->flags, c->suffix) || mailbox_file(m, &row, &name) < 0
		    || !file_stat(m, row.flags, name.data, &known)) {
			i++;
			continue;
		}
		buf_reset(&name);
		buf_adds(&name, row.base);
		buf_adds(&name, c->suffix);
		if (file_stat(m, c->flags, name.data, &other) && !same_file(&known, &other)) {
			struct stranger s = { .name = arena_strndup(&look->texts, name.data, name.len),
				.flags = c->flags, .suffix = c->suffix };

			if (rename_twin(look, &s))
				*look_add_stranger(look) = s;
		}
		look->changes[i] = look->changes[--look->change_count];
	}
	buf_fini(&name);
}
