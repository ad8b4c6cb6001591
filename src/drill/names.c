/* The variables of a script; there are few, so a walk finds them. */
#include "drill/names.h"

#include <stdlib.h>
#include <string.h>

#include "util/ascii.h"
#include "util/mem.h"

void
names_fini(struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->list[i].name);
		free(names->list[i].value);
	}
	free(names->list);
	*names = NAMES_INIT;
}

size_t
names_find(const struct names *names, const char *name, size_t len)
{
	for (size_t i = 0; i < names->count; i++)
		if (strlen(names->list[i].name) == len &&
		    memcmp(names->list[i].name, name, len) == 0)
			return i;
	return NAMES_NONE;
}

size_t
names_add(struct names *names, const char *name, size_t len)
{
	size_t i = names_find(names, name, len);

	if (i != NAMES_NONE)
		return i;
	names->list = mem_grow(names->list, &names->room, names->count + 1, sizeof *names->list);
	names->list[names->count] = (struct name){ mem_strndup(name, len), NULL, false };
	return names->count++;
}

void
names_set(struct names *names, const char *name, size_t len, const char *value, bool fixed)
{
	size_t i = names_add(names, name, len);	/* may move the list */
	struct name *entry = &names->list[i];

	if (entry->fixed && !fixed)
		return;
	free(entry->value);
	entry->value = mem_strdup(value);
	entry->fixed = fixed;
}

bool
names_valid(const char *name, size_t len)
{
	if (len == 0 || !ascii_is_alpha(name[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!ascii_is_alpha(name[i]) && !ascii_is_digit(name[i]) && name[i] != '_' &&
		    name[i] != '-')
			return false;
	return true;
}
