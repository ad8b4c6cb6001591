/* Which mailbox belongs to which event group (RFC 5465 section 6). */
#include "session/notify.h"

#include <string.h>

#include "session/session.h"
#include "store/mailbox.h"

/* Is the name, or its first len octets, among the group's? */
static bool
has_name(const struct notify_group *g, const char *name, size_t len)
{
	size_t low = 0, high = g->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *other = g->names[middle];
		int order = strncmp(other, name, len);

		if (order == 0)
			order = other[len] == '\0' ? 0 : 1;
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool
covers(const struct notify_group *g, const char *name, bool subscribed)
{
	switch (g->filter) {
	case NOTIFY_PERSONAL:
		return true;
	case NOTIFY_SUBSCRIBED:
		return subscribed;
	case NOTIFY_MAILBOXES:
		return has_name(g, name, strlen(name));
	case NOTIFY_SUBTREE:
		for (size_t len = 1;; len++) {
			if ((name[len] == '/' || name[len] == '\0') && has_name(g, name, len))
				return true;
			if (name[len] == '\0')
				return false;
		}
	}
	return false;
}

unsigned
notify_events(const struct notify *n, const char *name, bool subscribed)
{
	static const unsigned kinds[] = { NOTIFY_MESSAGES, NOTIFY_NAME, NOTIFY_SUBSCRIPTION,
		NOTIFY_METADATA };
	unsigned open = NOTIFY_MESSAGES | NOTIFY_NAME | NOTIFY_SUBSCRIPTION | NOTIFY_METADATA;
	unsigned events = 0;

	for (size_t i = 0; i < n->count && open != 0; i++) {
		const struct notify_group *g = &n->groups[i];

		if (((g->events & open) == 0 && g->events != 0) || !covers(g, name, subscribed))
			continue;
		if (g->events == 0)
			break;
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			if (g->events & open & kinds[k]) {
				events |= g->events & kinds[k];
				open &= ~kinds[k];
			}
	}
	return events;
}

bool
notify_none(const struct notify *n, const char *name, bool subscribed)
{
	for (size_t i = 0; i < n->count; i++)
		if (covers(&n->groups[i], name, subscribed))
			return n->groups[i].events == 0;
	return false;
}

unsigned
notify_selected(const struct session *s)
{
	return s->notify == NULL || s->notify->catching_up ? NOTIFY_MESSAGES : s->notify->selected;
}

void
notify_own(struct session *s, const struct mailbox *to, const uint32_t *uids, size_t count)
{
	if (s->mailbox == NULL || strcmp(s->mailbox->name, to->name) != 0)
		return;
	s->own_changes |= NOTIFY_NEW;
	for (size_t i = 0; s->notify != NULL && s->notify->items != NULL && i < count; i++)
		seqset_add(&s->notify->own, uids[i]);
}
