/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The installed policy, read with the rights that each file needs. */
#include "judge/policy/installed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge/policy/trusted-file.h"

/* ---- the steps of a walk that the helper takes as the caller ---- */

static int take_step(void *context, enum order_step step, const char *name)
{
	struct order order = { .type = ORDER_WALK, .walk = { .step = step } };
	struct delivery delivery;
	int result;

	if (strlen(name) >= sizeof order.walk.part) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(order.walk.part, name, strlen(name));
	result = orders_call(context, &order, &delivery);
	if (result == 0 && delivery.files.count == 1)
		return delivery.files.fds[0];
	fd_list_close(&delivery.files);
	errno = result < 0 ? -result : EPROTO;
	return -1;
}

static int start_as_caller(void *context)
{
	return take_step(context, ORDER_STEP_ROOT, "");
}

/* The helper stands in the folder that it opened last. */
static int enter_as_caller(void *context, int folder_fd, const char *name)
{
	(void)folder_fd;
	return take_step(context, ORDER_STEP_ENTER, name);
}

static int open_as_caller(void *context, int folder_fd, const char *name, mode_t kind)
{
	(void)folder_fd;
	(void)kind;
	return take_step(context, ORDER_STEP_OPEN, name);
}

/* ---- the steps of the service, which cannot become its client ---- */

/*
 * What the whole world may read, and nothing else: EPERM, so that no rule in a file of some
 * people's is passed over in silence.
 */
static int pass_public(int fd)
{
	struct stat status;
	mode_t needed;

	if (fd < 0) {
		errno = errno == EACCES ? EPERM : errno;
		return -1;
	}
	if (fstat(fd, &status) == 0) {
		needed = S_ISDIR(status.st_mode) ? S_IXGRP | S_IXOTH : S_IRGRP | S_IROTH;
		if (S_ISLNK(status.st_mode) || (status.st_mode & needed) == needed)
			return fd;
	}
	close(fd);
	errno = EPERM;
	return -1;
}

static int enter_public(void *context, int folder_fd, const char *name)
{
	return pass_public(trusted_walk_own.enter(context, folder_fd, name));
}

static int open_public(void *context, int folder_fd, const char *name, mode_t kind)
{
	return pass_public(trusted_walk_own.open(context, folder_fd, name, kind));
}

/* ---- the opener of the loader ---- */

/* What the opener works with. */
struct reading {
	struct orders *orders;
	struct policy_hidden *hidden;
};

static int open_administrators(void *context, const char *path, mode_t kind,
			       struct trusted_problem *problem)
{
	(void)context;
	return trusted_file_open(path, kind, problem);
}

static int open_as_the_caller(struct orders *orders, const char *path,
			      struct trusted_problem *problem)
{
	const struct trusted_walk as_caller = { orders, start_as_caller, enter_as_caller,
						open_as_caller };
	const struct trusted_walk as_anybody = { NULL, trusted_walk_own.start, enter_public,
						 open_public };

	return trusted_walk_open(orders->has_no_reader ? &as_anybody : &as_caller, path, S_IFREG,
				 problem);
}

/* What the account could look at by itself is noted with all other files. */
static int note_hidden(struct policy_hidden *hidden, const char *path, int fd)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return 0;
	if (hidden->count >= POLICY_HIDDEN_MAX) {
		hidden->count = POLICY_HIDDEN_MAX + 1;
		return 0;
	}
	if (fstat(fd, &hidden->items[hidden->count].status) < 0)
		return -1;
	hidden->items[hidden->count++].path = path;
	return 0;
}

static int open_callers(void *context, const char *path, mode_t kind,
			struct trusted_problem *problem)
{
	const struct reading *reading = context;
	int fd = open_as_the_caller(reading->orders, path, problem);

	(void)kind;
	if (fd < 0 || note_hidden(reading->hidden, path, fd) == 0)
		return fd;
	*problem = (struct trusted_problem){ TRUSTED_SYSTEM, errno, "cannot be looked at" };
	close(fd);
	return -1;
}

static int note_source(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

/* Whoever may not read a file is not told its words. */
static int caller_may_read(struct orders *orders, const char *path)
{
	struct trusted_problem problem;
	int fd = open_as_the_caller(orders, path, &problem);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Whether the account may not go on from a folder above a file; that folder is in *folder then. */
static int find_closed_folder(const char *file, char folder[ACL_LINE_MAX])
{
	for (const char *end = strchr(file + 1, '/'); end != NULL; end = strchr(end + 1, '/')) {
		(void)snprintf(folder, ACL_LINE_MAX, "%.*s", (int)(end - file), file);
		if (access(folder, X_OK) < 0 && errno == EACCES)
			return 1;
	}
	return 0;
}

static enum reply_code refuse_unreadable(const char *file, struct refusal *why)
{
	char folder[ACL_LINE_MAX];

	if (find_closed_folder(file, folder))
		return refuse(why, REPLY_POLICY,
			      "policy: %s: the account " VMGRANT_ACCOUNT " cannot enter %s: everything "
			      "is refused until the administrator runs: chgrp " VMGRANT_ACCOUNT
			      " %s && chmod 750 %s", file, folder, folder, folder);
	return refuse(why, REPLY_POLICY,
		      "policy: %s: the account " VMGRANT_ACCOUNT " cannot read it: everything is refused "
		      "until the administrator runs: chgrp " VMGRANT_ACCOUNT " %s && chmod 640 %s",
		      file, file, file);
}

enum reply_code policy_read(struct policy *policy, struct policy_hidden *hidden,
			    struct orders *orders, struct refusal *why)
{
	struct reading reading = { orders, hidden };
	const struct policy_opener opener = { &reading, open_administrators, open_callers,
					      note_source, NULL };
	struct acl_error error;
	char text[640];

	if (policy_load(policy, VMGRANT_ACL_FILE, &opener, &error) == 0)
		return REPLY_GRANTED;
	if (error.line == 0 && access(error.file, R_OK) < 0 && errno == EACCES)
		return refuse_unreadable(error.file, why);
	if (!caller_may_read(orders, error.file))
		error.word[0] = '\0';
	(void)acl_error_format(&error, text, sizeof text);
	return refuse(why, REPLY_POLICY, "policy: %s: everything is refused until the administrator "
		      "fixes it: vmgrant check-acl shows what is wrong", text);
}

/* As policy_sources_unchanged() compares: the change time cannot be set by hand. */
static int is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
	       one->st_size == other->st_size && one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
	       one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

static int is_unchanged(const char *path, const struct stat *then, struct orders *orders)
{
	struct trusted_problem problem;
	struct stat now;
	int fd = open_as_the_caller(orders, path, &problem), same;

	if (fd < 0)
		return 0;
	same = fstat(fd, &now) == 0 && is_same(then, &now);
	close(fd);
	return same;
}

int policy_is_current(const struct policy *policy, const struct policy_hidden *hidden,
		      struct orders *orders)
{
	if (!policy_sources_unchanged(&policy->sources) || hidden->count > POLICY_HIDDEN_MAX)
		return 0;
	for (size_t i = 0; i < hidden->count; i++) {
		if (!is_unchanged(hidden->items[i].path, &hidden->items[i].status, orders))
			return 0;
	}
	return 1;
}
