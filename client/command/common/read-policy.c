/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read a policy with the rights of who runs the command. */
#include "client/command/common/read-policy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/escape.h"

struct draft_reader {
	void (*warn)(void *context, const char *path, const char *reason);
	void *context;
};

static int open_plain(void *context, const char *path, mode_t kind,
		      struct trusted_problem *problem)
{
	(void)context;
	return trusted_file_open(path, kind, problem);
}

static int open_as_person(void *context, const char *path, mode_t kind,
			  struct trusted_problem *problem)
{
	const struct person *person = context;
	int fd;

	if (person == NULL || !person->is_other || geteuid() != 0)
		return trusted_file_open(path, kind, problem);
	if (person_enter(person) < 0) {
		*problem = (struct trusted_problem){ TRUSTED_SYSTEM, errno,
						     "cannot take the rights" };
		return -1;
	}
	fd = trusted_file_open(path, kind, problem);
	person_leave();
	return fd;
}

static int note_source(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

int read_policy_for(const struct person *person, struct policy *policy, struct acl_error *error)
{
	const struct policy_opener opener = { (void *)(uintptr_t)person, open_plain,
					      open_as_person, note_source };

	return policy_load(policy, VMGRANT_ACL_FILE, &opener, error);
}

static int open_draft(void *context, const char *path, mode_t kind,
		      struct trusted_problem *problem)
{
	const struct draft_reader *reader = context;
	struct stat status;
	char name[256];
	int fd = trusted_file_open(path, kind, problem);

	if (fd >= 0 || problem->kind != TRUSTED_NOT_TRUSTED)
		return fd;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || (kind != 0 && (status.st_mode & S_IFMT) != kind) ||
	    (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))) {
		close(fd);
		return -1;
	}
	reader->warn(reader->context, escape_string(name, sizeof name, path), problem->reason);
	return fd;
}

int read_policy_draft(const char *path, struct policy *policy, struct acl_error *error,
		      void (*warn)(void *context, const char *path, const char *reason),
		      void *context)
{
	struct draft_reader reader = { warn, context };
	const struct policy_opener opener = { &reader, open_draft, open_draft, note_source };

	return policy_load(policy, path, &opener, error);
}
