/*
 * Which of the kernel's sandboxes can be compiled here: the only place that
 * asks. COMPAT_SECCOMP and COMPAT_LANDLOCK are defined or not; with seccomp,
 * COMPAT_AUDIT_ARCH is the name of this architecture in the kernel.
 */
#ifndef COMPAT_SANDBOX_H
#define COMPAT_SANDBOX_H

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define COMPAT_SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define COMPAT_SANITIZED
#endif

#ifdef __linux__
#include <linux/audit.h>
#if defined(__x86_64__)
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_I386
#elif defined(__arm__)
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define COMPAT_AUDIT_ARCH AUDIT_ARCH_S390X
#endif
/* The sanitizers' own threads and files would be refused. */
#if defined(COMPAT_AUDIT_ARCH) && !defined(COMPAT_SANITIZED)
#define COMPAT_SECCOMP
#endif
#if __has_include(<linux/landlock.h>) && !defined(COMPAT_SANITIZED)
#define COMPAT_LANDLOCK
#endif
#endif

#endif
