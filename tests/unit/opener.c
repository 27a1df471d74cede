/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A program that opens files by path, by every system call there is for it, and says
 * what it got: for the tests of the broker, and of vmgrant run.
 *
 *     opener [-tTHREADS] PATH...    prints CALL PATH: INODE [cloexec] or an error's number
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS 200

static int by_open(const char *path)
{
#ifdef __NR_open
	return (int)syscall(__NR_open, path, O_RDWR);
#else
	return (int)syscall(__NR_openat, AT_FDCWD, path, O_RDWR);
#endif
}

static int by_openat(const char *path)
{
	return (int)syscall(__NR_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
}

static int by_openat2(const char *path)
{
	struct open_how how = { .flags = O_RDWR | O_CLOEXEC };

	return (int)syscall(__NR_openat2, AT_FDCWD, path, &how, sizeof how);
}

static const struct {
	const char *name;
	int (*open)(const char *path);
} calls[] = { { "open", by_open }, { "openat", by_openat }, { "openat2", by_openat2 } };

static void try_path(const char *path)
{
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		int fd = calls[i].open(path), error = errno;
		struct stat file;

		if (fd < 0 || fstat(fd, &file) < 0) {
			(void)printf("%s %s: error %d\n", calls[i].name, path, error);
			continue;
		}
		(void)printf("%s %s: %lu%s\n", calls[i].name, path, (unsigned long)file.st_ino,
			     fcntl(fd, F_GETFD) == FD_CLOEXEC ? " cloexec" : "");
		close(fd);
	}
}

/* Opens the same file again and again and counts how often it was the first one. */
static void *hammer(void *argument)
{
	const char *path = argument;
	struct stat first = { 0 }, file;
	intptr_t same = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = by_openat(path);

		if (fd < 0 || fstat(fd, &file) < 0)
			break;
		close(fd);
		if (i == 0)
			first = file;
		same += file.st_ino == first.st_ino && file.st_dev == first.st_dev;
	}
	return (void *)same;
}

static int hammer_with(unsigned count, char *path)
{
	pthread_t threads[64];
	unsigned good = 0;

	if (count > sizeof threads / sizeof threads[0])
		return 2;
	for (unsigned i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, hammer, i % 2 == 0 ? path : "/dev/null") != 0)
			return 1;
	}
	for (unsigned i = 0; i < count; i++) {
		void *same;

		(void)pthread_join(threads[i], &same);
		good += (intptr_t)same == ROUNDS;
	}
	return good == count ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strncmp(argv[1], "-t", 2) == 0)
		return hammer_with((unsigned)atoi(argv[1] + 2), argv[2]);
	for (int i = 1; i < argc; i++)
		try_path(argv[i]);
	return fflush(stdout) == 0 ? 0 : 1;
}
