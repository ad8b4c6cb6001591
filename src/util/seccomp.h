/*
 * A system-call filter from a table of rules (seccomp(2), Linux). A call made
 * in the convention of another architecture, which would have other numbers,
 * kills the process. Without kernel support nothing happens, and that is said.
 */
#ifndef UTIL_SECCOMP_H
#define UTIL_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seccomp_action { SECCOMP_LET, SECCOMP_REFUSE, SECCOMP_PRETEND_ABSENT, SECCOMP_KILL };

struct seccomp_rule {
	int call;		/* SYS_... */
	enum seccomp_action action;
	/*
	 * When test is true the rule counts only if (argument & mask) == value, with
	 * the low 32 bits of the argument of that number; else the next rules are
	 * looked at.
	 */
	bool test;
	unsigned argument;
	uint32_t mask;
	uint32_t value;
};

enum { SECCOMP_RULES_MAX = 200 };

/* Is the filter compiled in (not so with sanitizers, which make calls of their own)? */
bool seccomp_is_built_in(void);

/*
 * From now on each call gets the action of the first rule that names it, or
 * the other one: for this process, for ever. Sets no_new_privs. 0; -1 with
 * errno when the kernel has no such thing.
 */
int seccomp_enter(const struct seccomp_rule *rules, size_t count, enum seccomp_action otherwise);

#endif
