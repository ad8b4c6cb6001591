/* The list of capabilities: words, each once, in the order in which they came. */
#include "wire/capability.h"

#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"

bool
capability_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; *at != '\0';) {
		size_t n = strcspn(at, " ");

		if (n == len && ascii_ncasecmp(at, word, n) == 0)
			return true;
		at += n;
		at += strspn(at, " ");
	}
	return false;
}

void
capability_add(struct buf *list, const char *words)
{
	if (words == NULL)
		return;
	for (const char *at = words; *at != '\0';) {
		char word[64];
		size_t n = strcspn(at, " ");

		if (n > 0 && n < sizeof word) {
			memcpy(word, at, n);
			word[n] = '\0';
			if (!capability_has(buf_str(list), word)) {
				if (list->len > 0)
					buf_addc(list, ' ');
				buf_adds(list, word);
			}
		}
		at += n;
		at += strspn(at, " ");
	}
}
