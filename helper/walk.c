/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Policy files that are opened as the caller, one component at a time. */
#include "helper/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/node/node.h"
#include "helper/privileges.h"

#define STACK_SIZE (64 * 1024)

static int enter(int folder, const char *name)
{
	int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int has_kind(int fd, mode_t kind)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

/* Looked at before it is opened: opening anything but a regular file may have an effect. */
static int open_regular(int folder, const char *name)
{
	int fd, place = enter(folder, name);

	if (place < 0)
		return place;
	fd = has_kind(place, S_IFREG) ? node_reopen(place, O_RDONLY | O_NONBLOCK) : -EINVAL;
	close(place);
	return fd;
}

static int step(const struct walk *walk, const struct order_walk *order)
{
	if (order->step == ORDER_STEP_ROOT) {
		int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		return fd < 0 ? -errno : fd;
	}
	if (walk->folder < 0)
		return -EINVAL;
	return order->step == ORDER_STEP_OPEN ? open_regular(walk->folder, order->part)
					      : enter(walk->folder, order->part);
}

/* The next step starts from the last folder; what the judge gets is a duplicate. */
static void remember(struct walk *walk, int fd)
{
	if (!has_kind(fd, S_IFDIR))
		return;
	if (walk->folder >= 0)
		close(walk->folder);
	walk->folder = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static void take_step(struct walk *walk)
{
	const struct order_walk *order = &walk->order;

	walk->result = step(walk, order);
	if (walk->result >= 0 && order->step != ORDER_STEP_OPEN)
		remember(walk, walk->result);
}

/* ---- the thread ---- */

static void *walk_as_caller(void *context)
{
	struct walk *walk = context;

	walk->result = privileges_become_reader(walk->account) < 0 ? -errno : 0;
	(void)sem_post(&walk->answered);
	for (;;) {
		while (sem_wait(&walk->asked) < 0) {
		}
		take_step(walk);
		(void)sem_post(&walk->answered);
	}
	return NULL;
}

int walk_start(struct walk *walk, const struct account *account)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	walk->account = account;
	if (sem_init(&walk->asked, 0, 0) < 0 || sem_init(&walk->answered, 0, 0) < 0)
		return -errno;
	error = pthread_attr_init(&attributes);
	if (error == 0)
		error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (error == 0)
		error = pthread_create(&thread, &attributes, walk_as_caller, walk);
	return -error;
}

int walk_wait(struct walk *walk)
{
	while (sem_wait(&walk->answered) < 0) {
	}
	return walk->result;
}

int walk_step(struct walk *walk, const struct order_walk *order)
{
	if (walk->account == NULL)
		return -EPERM;
	walk->order = *order;
	(void)sem_post(&walk->asked);
	return walk_wait(walk);
}
