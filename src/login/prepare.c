/* The walk over a text, and the rule of directions (RFC 3454 section 6). */
#include "login/prepare.h"

#include "util/utf8.h"

/* L, R or N; 0 for a character that SASLprep would change or forbid. */
static char
direction_of(uint32_t character)
{
	size_t low = 0, high = prepare_rows;

	if (character < 0x80) {
		if (character < ' ' || character == 0x7f)
			return 0;
		character |= 0x20;
		return character >= 'a' && character <= 'z' ? 'L' : 'N';
	}
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct prepare_range *row = &prepare_table[middle];

		if (character > row->last)
			low = middle + 1;
		else if (character < row->first)
			high = middle;
		else
			return row->direction;
	}
	return 0;
}

bool
prepare_is_stable(const char *text, size_t len)
{
	const char *end = text + len;
	bool left = false, right = false;
	char first = 0, last = 0;
	uint32_t character;

	while (text < end) {
		if (!utf8_next(&text, end, &character))
			return false;
		last = direction_of(character);
		if (last == 0)
			return false;
		if (first == 0)
			first = last;
		left |= last == 'L';
		right |= last == 'R';
	}
	if (right)
		return !left && first == 'R' && last == 'R';
	return first != 0;
}
