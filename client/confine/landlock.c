/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Landlock for a program that is shut in. <linux/landlock.h> may be old: its ABI, by hand. */
#include "client/confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/confine/root.h"

struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* ABI 4 */
	uint64_t scoped;	     /* ABI 6 */
};

struct path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

#define ABI_QUERY 1U
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_AND_MAKE (0x1ffULL << 4) /* bits 4 to 12 */
#define FS_MAKE_NODES (1ULL << 6 | 1ULL << 11) /* character and block devices */
#define FS_REFER (1ULL << 13)		   /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14)	   /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15)	   /* ABI 5 */
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

#define NET_BIND_AND_CONNECT_TCP 3ULL
#define SCOPE_ABSTRACT_UNIX_AND_SIGNAL 3ULL

int confine_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ABI_QUERY);

	return abi < 0 ? 0 : (int)abi;
}

static uint64_t all_of_abi(int abi)
{
	return FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_AND_MAKE |
	       (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
	       (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static uint64_t rights(enum confine_access access)
{
	switch (access) {
	case CONFINE_RUN:
		return FS_READ_FILE | FS_READ_DIR | FS_EXECUTE;
	case CONFINE_WRITE:
		return FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_REFER |
		       (FS_REMOVE_AND_MAKE & ~FS_MAKE_NODES);
	case CONFINE_NODE:
		return FS_READ_FILE | FS_WRITE_FILE | FS_IOCTL_DEV;
	case CONFINE_READ:
	default:
		return FS_READ_FILE | FS_READ_DIR;
	}
}

static int add_rule(int ruleset_fd, int fd, const struct confine_place *place, uint64_t handled)
{
	struct path_beneath rule = { .allowed_access = rights(place->access) & handled,
				     .parent_fd = fd };
	struct stat status;

	if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0) < 0)
		return confine_fail(place->path, errno);
	return 0;
}

/* In the root folder of our making, where nobody else puts anything. */
static int add_path(int ruleset_fd, const struct confine_place *place, uint64_t handled)
{
	int fd = open(place->path, O_PATH | O_CLOEXEC), result;

	if (fd < 0)
		return 0;
	result = add_rule(ruleset_fd, fd, place, handled);
	close(fd);
	return result;
}

static int add_own(int ruleset_fd, uint64_t handled)
{
	static const char *const scratch[] = CONFINE_SCRATCH;
	struct confine_place place = { (char[]){ "/proc" }, CONFINE_READ, 0, -1 };
	int result = add_path(ruleset_fd, &place, handled);

	place.path = (char[]){ CONFINE_USB_NODES };
	if (result == 0)
		result = add_path(ruleset_fd, &place, handled);
	place.access = CONFINE_WRITE;
	for (size_t i = 0; result == 0 && i < sizeof scratch / sizeof scratch[0]; i++) {
		place.path = (char *)(uintptr_t)scratch[i];
		result = add_path(ruleset_fd, &place, handled);
	}
	return result;
}

int confine_landlock_enter(const struct confine *confine, const int *fds, enum confine_root root)
{
	const int abi = confine_landlock_abi();
	struct ruleset ruleset = { .handled_access_fs = all_of_abi(abi) };
	int fd, result = 0;

	if (abi >= 4 && !confine->keeps_network)
		ruleset.handled_access_net = NET_BIND_AND_CONNECT_TCP;
	if (abi >= CONFINE_LANDLOCK_SCOPES)
		ruleset.scoped = SCOPE_ABSTRACT_UNIX_AND_SIGNAL;
	/* A kernel that does not know the last fields accepts them as long as they are zero. */
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
	if (fd < 0)
		return confine_fail("Landlock", errno);
	for (size_t i = 0; result == 0 && i < confine->place_count; i++) {
		if (fds[i] >= 0)
			result = add_rule(fd, fds[i], &confine->places[i],
					  ruleset.handled_access_fs);
	}
	if (result == 0 && root == CONFINE_ROOT_OWN)
		result = add_own(fd, ruleset.handled_access_fs);
	if (result == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		result = confine_fail("Landlock", errno);
	close(fd);
	return result;
}
