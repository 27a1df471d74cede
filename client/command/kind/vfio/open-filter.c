/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The seccomp filter that reports opens, and what a report says. */
#include "client/command/kind/vfio/open-filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/process/own-arch.h"

/* A jump over one instruction if the number is another one. */
#define REPORT(number) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

int open_filter_install(void)
{
#ifdef OWN_ARCH
	/* System calls in the manner of another architecture, x32 among them, are let through. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __NR_open
		REPORT(__NR_open),
#endif
		REPORT(__NR_openat),
		REPORT(__NR_openat2),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };
	long listener;

	/* Without privilege a filter is only for those who can gain none. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			   SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return listener < 0 ? -errno : (int)listener;
#else
	return -ENOSYS;
#endif
}

/* As many bytes as can be read at once. Returns their number or -errno. */
static ssize_t read_memory(pid_t pid, unsigned long long address, void *bytes, size_t size)
{
	struct iovec here = { .iov_base = bytes, .iov_len = size };
	struct iovec there = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
	ssize_t length = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return length < 0 ? -errno : length;
}

/* Up to the end of a page first: the next one need not be there. */
int open_filter_read_text(pid_t pid, unsigned long long address, char *text, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t done = 0;

	while (done < size) {
		size_t piece = page - (size_t)((address + done) % page);
		ssize_t length = read_memory(pid, address + done, text + done,
					     piece < size - done ? piece : size - done);

		if (length <= 0)
			return length == 0 ? -EFAULT : (int)length;
		if (memchr(text + done, '\0', (size_t)length) != NULL)
			return 0;
		done += (size_t)length;
	}
	return -ENAMETOOLONG;
}

int open_filter_read(const struct seccomp_notif *report, char *path, size_t size,
		     unsigned *fd_flags_out)
{
	const __u64 *arguments = report->data.args;
	struct open_how how = { .flags = arguments[2] };
	int error;

#ifdef __NR_open
	if (report->data.nr == __NR_open) {
		*fd_flags_out = (unsigned)arguments[1] & O_CLOEXEC;
		return open_filter_read_text((pid_t)report->pid, arguments[0], path, size);
	}
#endif
	error = open_filter_read_text((pid_t)report->pid, arguments[1], path, size);
	if (error == 0 && report->data.nr == __NR_openat2 &&
	    read_memory((pid_t)report->pid, arguments[2], &how, sizeof how) != sizeof how)
		error = -EFAULT;
	*fd_flags_out = (unsigned)how.flags & O_CLOEXEC;
	return error;
}
