/* The one sink that everybody needs: bytes gathered in a buffer. */
#include "mail/sink.h"

#include "util/buf.h"

void
sink_buf(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}
