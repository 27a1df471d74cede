/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Read a policy with the rights of who runs the command. */
#include "client/command/common/read-policy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/refusal/escape.h"

struct reader {
	const struct person *person;
	const struct policy_remarks *remarks;
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
	const struct reader *reader = context;
	const struct person *person = reader->person;
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

static void tell_passed_over(void *context, const struct acl_error *what)
{
	const struct reader *reader = context;

	if (reader->remarks != NULL && reader->remarks->passed_over != NULL)
		reader->remarks->passed_over(reader->remarks->context, what);
}

int read_policy_for(const struct person *person, struct policy *policy, struct acl_error *error,
		    const struct policy_remarks *remarks)
{
	struct reader reader = { person, remarks };
	const struct policy_opener opener = { &reader, open_plain, open_as_person, note_source,
					      tell_passed_over };

	return policy_load(policy, VMGRANT_ACL_FILE, &opener, error);
}

static int open_draft(void *context, const char *path, mode_t kind,
		      struct trusted_problem *problem)
{
	const struct reader *reader = context;
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
	if (reader->remarks != NULL && reader->remarks->untrusted != NULL)
		reader->remarks->untrusted(reader->remarks->context,
					   escape_string(name, sizeof name, path), problem->reason);
	return fd;
}

int read_policy_draft(const char *path, struct policy *policy, struct acl_error *error,
		      const struct policy_remarks *remarks)
{
	struct reader reader = { NULL, remarks };
	const struct policy_opener opener = { &reader, open_draft, open_draft, note_source,
					      tell_passed_over };

	return policy_load(policy, path, &opener, error);
}
