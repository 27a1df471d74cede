/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's sandbox: no_new_privs, Landlock, a seccomp filter. Without privilege. */
#include "judge/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "judge/sandbox/filter.h"

/*
 * The filter was made with the constants of the machine that built it; on another
 * architecture some have other numbers. Where this fails, build on the machine itself.
 */
_Static_assert(SANDBOX_WRITING == (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC |
				   (O_TMPFILE & ~O_DIRECTORY)) &&
		       SANDBOX_PROT_WRITE == PROT_WRITE && SANDBOX_PROT_EXEC == PROT_EXEC &&
		       SANDBOX_MAP_ANONYMOUS == MAP_ANONYMOUS && SANDBOX_AF_UNIX == AF_UNIX &&
		       SANDBOX_F_DUPFD_CLOEXEC == F_DUPFD_CLOEXEC && SANDBOX_FIONREAD == FIONREAD &&
		       SANDBOX_FIONBIO == FIONBIO && SANDBOX_SOL_SOCKET == SOL_SOCKET &&
		       SANDBOX_SO_PASSCRED == SO_PASSCRED && SANDBOX_ENOSYS == ENOSYS,
	       "the seccomp filter cannot be made on another architecture");

/* <linux/landlock.h> of the build machine may be older than the kernel: its ABI, by hand. */
struct landlock_ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* ABI 4 */
	uint64_t scoped;             /* ABI 6 */
};

#define LANDLOCK_ABI_QUERY 1U

#define LANDLOCK_FS_EXECUTE (1ULL << 0)
#define LANDLOCK_FS_WRITE_FILE (1ULL << 1)
/* Bits 2 and 3 are reading files and folders, which stays free. */
#define LANDLOCK_FS_REMOVE_AND_MAKE (0x1ffULL << 4)
#define LANDLOCK_FS_REFER (1ULL << 13)     /* ABI 2 */
#define LANDLOCK_FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define LANDLOCK_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define LANDLOCK_NET_BIND_AND_CONNECT_TCP 3ULL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_AND_SIGNAL 3ULL

/* What is handled, and allowed by no rule, is denied everywhere. */
static struct landlock_ruleset ruleset_of_abi(long abi)
{
	struct landlock_ruleset ruleset = {
		.handled_access_fs =
			LANDLOCK_FS_EXECUTE | LANDLOCK_FS_WRITE_FILE | LANDLOCK_FS_REMOVE_AND_MAKE,
	};

	if (abi >= 2)
		ruleset.handled_access_fs |= LANDLOCK_FS_REFER;
	if (abi >= 3)
		ruleset.handled_access_fs |= LANDLOCK_FS_TRUNCATE;
	if (abi >= 4)
		ruleset.handled_access_net = LANDLOCK_NET_BIND_AND_CONNECT_TCP;
	if (abi >= 5)
		ruleset.handled_access_fs |= LANDLOCK_FS_IOCTL_DEV;
	if (abi >= 6)
		ruleset.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_AND_SIGNAL;
	return ruleset;
}

/* Returns 0, also where there is no Landlock, or -1 with errno. */
static int enter_landlock(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ABI_QUERY);
	const struct landlock_ruleset ruleset = ruleset_of_abi(abi);
	long fd, result;

	/* Not in the kernel, not switched on, or hidden by a container's filter. */
	if (abi < 1)
		return 0;
	/* A kernel that does not know the last fields accepts them as long as they are zero. */
	fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
	if (fd < 0)
		return -1;
	result = syscall(SYS_landlock_restrict_self, fd, 0);
	close((int)fd);
	return result < 0 ? -1 : 0;
}

static int enter_seccomp(void)
{
	static const struct sock_filter filter[] = { SANDBOX_FILTER };
	const struct sock_fprog program = {
		.len = sizeof filter / sizeof *filter,
		/* The kernel's struct knows no const; it copies the filter. */
		.filter = (struct sock_filter *)(uintptr_t)filter,
	};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -1 : 0;
}

enum reply_code judge_sandbox_enter(struct refusal *why)
{
	static const struct {
		const char *name;
		int (*enter)(void);
	} walls[] = { { "Landlock", enter_landlock }, { "seccomp", enter_seccomp } };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return refuse(why, REPLY_INTERNAL, "cannot enter the sandbox: no_new_privs: %s",
			      strerror(errno));
	for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
		if (walls[i].enter() < 0)
			return refuse(why, REPLY_INTERNAL,
				      "cannot enter the sandbox: %s: %s: use a kernel with "
				      "seccomp filters (CONFIG_SECCOMP_FILTER)",
				      walls[i].name, strerror(errno));
	}
	return REPLY_GRANTED;
}
