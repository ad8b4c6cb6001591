/* COMPRESS where zlib is missing: the script is refused when it is read. */
#include "drill/compress.h"

#include <assert.h>

bool
compress_available(void)
{
	return false;
}

struct compress *
compress_new(void)
{
	assert(!"compress_available() was not asked");
	return NULL;
}

void
compress_free(struct compress **compress)
{
	*compress = NULL;
}

void
compress_deflate(struct compress *compress, const char *bytes, size_t len, struct buf *wire)
{
	(void)compress, (void)bytes, (void)len, (void)wire;
}

int
compress_inflate(struct compress *compress, const char **at, const char *end, char *plain,
    size_t room)
{
	(void)compress, (void)at, (void)end, (void)plain, (void)room;
	return -1;
}
