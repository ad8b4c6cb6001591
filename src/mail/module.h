/*
 * The way to the MIME module: loads it the first time that it is asked for,
 * never before, since loading costs more than the rest of a session's start.
 */
#ifndef MAIL_MODULE_H
#define MAIL_MODULE_H

struct err;
struct message_ops;

/*
 * Where the module file is; the text must stay valid. Called once at the start.
 * Without a call, or with NULL, it is PKGLIBDIR "/mayfly-message.so".
 */
void module_path(const char *path);

/*
 * Its functions (message/message.h). The first call loads; a failure is said
 * each time anew: NULL, err filled (ERR_WORLD, client hears that decoding is
 * not available), the session goes on. Not for two threads at once: call it
 * before starting them.
 */
const struct message_ops *module_ops(struct err *err);

#endif
