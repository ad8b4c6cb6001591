/* Load the MIME module, once, when somebody needs it. */
#include "mail/module.h"

#include <dlfcn.h>
#include <stddef.h>

#include "message/message.h"
#include "util/err.h"

static const char *path = PKGLIBDIR "/mayfly-message.so";
static const struct message_ops *ops;

void
module_path(const char *new_path)
{
	if (new_path != NULL)
		path = new_path;
}

const struct message_ops *
module_ops(struct err *err)
{
	const struct message_ops *found;
	void *handle;

	if (ops != NULL)
		return ops;
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		err_set(err, ERR_WORLD, "Decoding is not available");
		err_detail(err, "dlopen: %s", dlerror());
		return NULL;
	}
	found = dlsym(handle, MESSAGE_OPS_SYMBOL);
	if (found == NULL || found->version != MESSAGE_OPS_VERSION) {
		err_set(err, ERR_WORLD, "Decoding is not available");
		err_detail(err, "%s is of another version", path);
		dlclose(handle);
		return NULL;
	}
	ops = found;
	return ops;
}
