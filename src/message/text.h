/*
 * The text of a message that can be searched, and its first words.
 */
#ifndef MESSAGE_TEXT_H
#define MESSAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "message/message.h"

/* text and preview of struct message_ops. */
bool text_walk(const char *bytes, size_t len, const struct part_table *parts,
    unsigned texts, message_text_sink *sink, void *ctx);
void text_preview(const char *bytes, size_t len, const struct part_table *parts, struct buf *out);

#endif
