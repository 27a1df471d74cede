/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read the installed policy in phase 1, with the rights that each file needs. */
#include "judge/policy/installed.h"

#include <unistd.h>

struct rights {
	const struct caller *caller;
	const struct account *account;
};

static int fail_rights(struct trusted_problem *problem, int error)
{
	*problem = (struct trusted_problem){ TRUSTED_SYSTEM, -error, "cannot take the rights" };
	return -1;
}

static int open_as_administrator(void *context, const char *path, mode_t kind,
				 struct trusted_problem *problem)
{
	int result = privileges_raise(PRIVILEGE_OPEN);
	int fd = result == 0 ? trusted_file_open(path, kind, problem)
			     : fail_rights(problem, result);

	(void)context;
	privileges_lower();
	return fd;
}

static int open_as_caller(void *context, const char *path, mode_t kind,
			  struct trusted_problem *problem)
{
	const struct rights *rights = context;
	int result = privileges_enter_caller(rights->caller->uid);
	int fd = result == 0 ? trusted_file_open(path, kind, problem)
			     : fail_rights(problem, result);

	privileges_leave_caller(rights->account);
	return fd;
}

/* With the rights that policy_is_current() has in the end, whoever reads the file itself. */
static int note_source(void *context, struct policy_sources *sources, const char *path)
{
	int result = privileges_raise(PRIVILEGE_OPEN) == 0 ? policy_sources_add(sources, path) : -1;

	(void)context;
	privileges_lower();
	return result;
}

enum reply_code policy_read(struct policy *policy, const struct caller *caller,
			    const struct account *account, struct refusal *why)
{
	struct rights rights = { caller, account };
	const struct policy_opener opener = { &rights, open_as_administrator, open_as_caller,
					      note_source, NULL };
	struct acl_error error;
	char text[640];

	if (policy_load(policy, VMGRANT_ACL_FILE, &opener, &error) == 0)
		return REPLY_GRANTED;
	/* access() asks for the real uid: who may not read a file is not told its words. */
	if (access(error.file, R_OK) < 0)
		error.word[0] = '\0';
	(void)acl_error_format(&error, text, sizeof text);
	return refuse(why, REPLY_POLICY, "policy: %s: everything is refused until the administrator "
		      "fixes it: vmgrant check-acl shows what is wrong", text);
}

int policy_is_current(const struct policy *policy)
{
	int current = policy_sources_unchanged(&policy->sources);

	/* Where the administrator has closed the folders to others, it takes more to look. */
	if (current)
		return current;
	current = privileges_raise(PRIVILEGE_OPEN) == 0 &&
		  policy_sources_unchanged(&policy->sources);
	privileges_lower();
	return current;
}
