/*
 * i;unicode-casemap (RFC 5051), the comparator that SEARCH, SORT and THREAD use
 * (RFC 5255 section 4.3, I18NLEVEL=1): a text becomes its key, keys compare and
 * contain one another as octets. Keys of concatenated texts are concatenated
 * keys, so that a long text can be mapped in pieces of whole characters.
 */
#ifndef QUERY_COLLATE_H
#define QUERY_COLLATE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Add the key of a UTF-8 text to out. A byte that is part of no character stays
 * as it is: such text compares by octet (RFC 5255 4.6 c), its good parts still
 * without case. The key is at most 11 times as long as the text, as a rule as long.
 */
void collate_key(const char *text, size_t len, struct buf *out);

/* memcmp for texts of two lengths: the shorter comes first where one begins the other. */
int collate_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/*
 * What is looked for, made ready: its key, and which of its octets is the least
 * usual in mail. The key stays the caller's and must outlive the needle.
 */
struct needle {
	const char *key;
	size_t len;
	size_t rare;	/* offset of that octet */
};

void needle_init(struct needle *needle, const char *key, size_t len);

/*
 * Is it in this key? Time is linear in len whatever both hold. The empty needle
 * is in every text.
 */
bool needle_in(const struct needle *needle, const char *key, size_t len);

#endif
