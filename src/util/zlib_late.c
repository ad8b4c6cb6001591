/* The library's name has been the same for as long as it has had versions of its ABI. */
#include "util/zlib_late.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/log.h"

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{ "deflateInit2_", offsetof(struct zlib, deflate_init) },
	{ "deflate", offsetof(struct zlib, deflate) },
	{ "deflateEnd", offsetof(struct zlib, deflate_end) },
	{ "inflateInit2_", offsetof(struct zlib, inflate_init) },
	{ "inflate", offsetof(struct zlib, inflate) },
	{ "inflateReset", offsetof(struct zlib, inflate_reset) },
	{ "inflateEnd", offsetof(struct zlib, inflate_end) },
	{ "inflateSetDictionary", offsetof(struct zlib, inflate_set_dictionary) },
	{ "inflateGetDictionary", offsetof(struct zlib, inflate_get_dictionary) },
};

const struct zlib *
zlib_late(void)
{
	static struct zlib found;
	static bool asked, whole;
	void *handle;

	if (asked)
		return whole ? &found : NULL;
	asked = true;
	handle = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
	whole = handle != NULL;
	for (size_t i = 0; whole && i < sizeof functions / sizeof functions[0]; i++) {
		void *function = dlsym(handle, functions[i].name);

		*(void **)((char *)&found + functions[i].at) = function;
		whole = function != NULL;
	}
	if (!whole)
		log_line(LOG_LEVEL_ERROR, "zlib: %s", dlerror());
	return whole ? &found : NULL;
}
