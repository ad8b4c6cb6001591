/* Subjects of certificates. Runs in the talker; the monitor repeats it before it believes a name. */
#include "login/certificate.h"

#include <string.h>

#include "util/ascii.h"

enum { SUBJECT_MAX = 2048 };	/* a certificate of a person is far below this */

bool
certificate_name_is_plain(const char *name)
{
	if (*name == '\0')
		return false;
	for (; *name != '\0'; name++)
		if (!ascii_is_alpha(*name) && !ascii_is_digit(*name)
		    && strchr("._-+@", *name) == NULL)
			return false;
	return true;
}

/* "CN=alice" or "CN = alice": the name behind it, or NULL. */
static const char *
after_cn(const char *part, size_t len)
{
	const char *end = part + len;

	if (len < 3 || ascii_ncasecmp(part, "CN", 2) != 0)
		return NULL;
	part += 2;
	while (part < end && *part == ' ')
		part++;
	if (part == end || *part != '=')
		return NULL;
	part++;
	while (part < end && *part == ' ')
		part++;
	return part;
}

bool
certificate_name(const char *subject, char *name, size_t room)
{
	int found = 0;

	/* An escape, a quote or a sign that joins two values could hide a comma or show a false one. */
	if (strlen(subject) > SUBJECT_MAX || strpbrk(subject, "\\\"+;<>#/") != NULL)
		return false;
	while (*subject != '\0') {
		size_t len = strcspn(subject, ",");
		const char *value = after_cn(subject, len);

		if (value != NULL) {
			size_t value_len = len - (size_t)(value - subject);

			if (++found > 1 || value_len == 0 || value_len >= room)
				return false;
			memcpy(name, value, value_len);
			name[value_len] = '\0';
		}
		subject += len;
		subject += strspn(subject, ", ");
	}
	return found == 1 && certificate_name_is_plain(name);
}
