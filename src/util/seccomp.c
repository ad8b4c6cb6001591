/* The filter program: architecture, then one comparison a rule, in the order of the table. */
#include "util/seccomp.h"

#include <errno.h>

#include "compat/sandbox.h"

#ifndef COMPAT_SECCOMP

bool
seccomp_is_built_in(void)
{
	return false;
}

int
seccomp_enter(const struct seccomp_rule *rules, size_t count, enum seccomp_action otherwise)
{
	(void)rules;
	(void)count;
	(void)otherwise;
	errno = ENOSYS;
	return -1;
}

#else

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/mem.h"

enum {
	CALL_AT = offsetof(struct seccomp_data, nr),
	ARCH_AT = offsetof(struct seccomp_data, arch),
	ROOM = 8 + 6 * SECCOMP_RULES_MAX,
};

static const uint32_t actions[] = {
	[SECCOMP_LET] = SECCOMP_RET_ALLOW,
	[SECCOMP_REFUSE] = SECCOMP_RET_ERRNO | EPERM,
	[SECCOMP_PRETEND_ABSENT] = SECCOMP_RET_ERRNO | ENOSYS,
	[SECCOMP_KILL] = SECCOMP_RET_KILL_PROCESS,
};

/* The low half of an argument, which the kernel shows as 64 bits in the machine's order. */
static uint32_t
argument_at(unsigned argument)
{
	uint32_t at = (uint32_t)offsetof(struct seccomp_data, args) + 8 * argument;

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? at : at + 4;
}

bool
seccomp_is_built_in(void)
{
	return true;
}

int
seccomp_enter(const struct seccomp_rule *rules, size_t count, enum seccomp_action otherwise)
{
	struct sock_filter *code;
	struct sock_fprog program;
	unsigned n = 0;
	long result;

	if (count > SECCOMP_RULES_MAX) {
		errno = EINVAL;
		return -1;
	}
	/* Not static: the page would stay dirty as long as the session lives. */
	code = mem_alloc(ROOM * sizeof *code);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH_AT);
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, COMPAT_AUDIT_ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CALL_AT);
#ifdef __x86_64__
	/* The x32 numbers have bit 30 set and mean other calls. */
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
#endif
	for (size_t i = 0; i < count; i++) {
		const struct seccomp_rule *rule = &rules[i];
		uint32_t call = (uint32_t)rule->call;

		if (!rule->test) {
			code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
			code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, actions[rule->action]);
			continue;
		}
		/* Behind the test the number of the call is loaded again. */
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    argument_at(rule->argument));
		code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rule->mask);
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rule->value, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, actions[rule->action]);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CALL_AT);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, actions[otherwise]);
	program = (struct sock_fprog){ (unsigned short)n, code };
	result = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (result == 0)
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	free(code);
	return (int)result;
}

#endif
