/* Attributes between commas. */
#include "login/gs2.h"

#include <string.h>

#include "util/buf.h"

struct str
gs2_attribute(const char **at, const char *end)
{
	const char *start = *at, *comma = memchr(start, ',', (size_t)(end - start));
	struct str got = { start, (size_t)((comma != NULL ? comma : end) - start) };

	*at = comma != NULL ? comma + 1 : end;
	return got;
}

bool
gs2_is(const struct str *attribute, char letter)
{
	return attribute->len >= 2 && attribute->data[0] == letter && attribute->data[1] == '=';
}

bool
gs2_name(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '=') {
			buf_addc(out, text[i]);
		} else if (len - i > 2 && memcmp(text + i, "=2C", 3) == 0) {
			buf_addc(out, ',');
			i += 2;
		} else if (len - i > 2 && memcmp(text + i, "=3D", 3) == 0) {
			buf_addc(out, '=');
			i += 2;
		} else {
			return false;
		}
	}
	return len > 0;
}

enum gs2
gs2_header(const char **at, const char *end, struct buf *authzid)
{
	struct str flag = gs2_attribute(at, end), name;

	if (gs2_is(&flag, 'p'))
		return GS2_BINDING;
	if (flag.len != 1 || (*flag.data != 'n' && *flag.data != 'y'))
		return GS2_MALFORMED;
	name = gs2_attribute(at, end);
	if (*at == name.data + name.len)
		return GS2_MALFORMED;	/* no second comma */
	if (name.len > 0 && (!gs2_is(&name, 'a') || !gs2_name(name.data + 2, name.len - 2, authzid)))
		return GS2_MALFORMED;
	return GS2_GOOD;
}
