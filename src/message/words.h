/*
 * Header values decoded to UTF-8: RFC 2047 words and RFC 2231 parameters.
 */
#ifndef MESSAGE_WORDS_H
#define MESSAGE_WORDS_H

#include <stddef.h>

struct buf;

/* header_text of struct message_ops. */
void words_decode(const char *value, size_t len, struct buf *out);

/*
 * The file name that a Content-Disposition ("filename") or Content-Type
 * ("name") carries, decoded, added to out; nothing when there is none.
 */
void words_file_name(const char *value, size_t len, const char *parameter, struct buf *out);

#endif
