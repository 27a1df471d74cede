/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant-helper --check-acl: say whether a policy is one. Unprivileged. */
#include "judge/policy/check-acl.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/escape.h"
#include "judge/policy/load.h"

static int open_strict(void *context, const char *path, mode_t kind,
		       struct trusted_problem *problem)
{
	(void)context;
	return trusted_file_open(path, kind, problem);
}

/* A draft: whatever can be read as a file or folder, with a warning where due. */
static int open_draft(void *context, const char *path, mode_t kind,
		      struct trusted_problem *problem)
{
	struct stat status;
	char name[256];
	int fd = trusted_file_open(path, kind, problem);

	(void)context;
	if (fd >= 0 || problem->kind != TRUSTED_NOT_TRUSTED)
		return fd;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || (status.st_mode & S_IFMT) != kind) {
		close(fd);
		return -1;
	}
	printf("%s: warning: would not be trusted: %s\n", escape_string(name, sizeof name, path),
	       problem->reason);
	return fd;
}

static int note_source(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

static void print_warning(const struct acl_rule *rule, const char *kind, const char *name)
{
	char file[256], escaped[ACL_BRIDGE_NAME_MAX * 4 + 256];

	printf("%s: line %u: warning: there is no %s %s\n",
	       escape_string(file, sizeof file, rule->file), rule->line, kind,
	       escape_string(escaped, sizeof escaped, name));
}

static int is_bridge(const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/sys/class/net/%s/bridge", name);
	return access(path, F_OK) == 0;
}

/*
 * What a rule names and this machine does not have. No error: bridges come and go,
 * and a rule may outlive its account. But it is also how a slip of the pen looks.
 */
static void warn_of_names(const struct acl_rule *rule)
{
	const struct acl_subject *subject = &rule->subject;

	if (rule->effect == ACL_EFFECT_ALLOW && rule->kind == ACL_KIND_BRIDGE &&
	    rule->bridge != NULL && !is_bridge(rule->bridge))
		print_warning(rule, "bridge", rule->bridge);
	errno = 0;
	if (subject->type == ACL_SUBJECT_USER_NAME && getpwnam(subject->name) == NULL &&
	    errno == 0)
		print_warning(rule, "user", subject->name);
	errno = 0;
	if (subject->type == ACL_SUBJECT_GROUP_NAME && getgrnam(subject->name) == NULL &&
	    errno == 0)
		print_warning(rule, "group", subject->name);
}

static void print_summary(const struct policy *policy, const char *file)
{
	char name[256];

	printf("%s: good: %zu rule%s in %zu file%s\n", escape_string(name, sizeof name, file),
	       policy->acl.count, policy->acl.count == 1 ? "" : "s", policy->file_count,
	       policy->file_count == 1 ? "" : "s");
}

enum reply_code check_acl(const char *file, struct refusal *why)
{
	const struct policy_opener strict = { NULL, open_strict, open_strict, note_source };
	const struct policy_opener draft = { NULL, open_draft, open_draft, note_source };
	const char *path = file != NULL ? file : VMGRANT_ACL_FILE;
	struct policy policy;
	struct acl_error error;
	char text[512];
	int result = policy_load(&policy, path, file != NULL ? &draft : &strict, &error);

	/* A draft may be for another machine. */
	for (size_t i = 0; result == 0 && file == NULL && i < policy.acl.count; i++)
		warn_of_names(&policy.acl.rules[i]);
	if (result == 0)
		print_summary(&policy, path);
	policy_release(&policy);
	if (fflush(stdout) != 0)
		return refuse(why, REPLY_INTERNAL, "--check-acl: cannot write: %s", strerror(errno));
	if (result == 0)
		return REPLY_GRANTED;
	(void)acl_error_format(&error, text, sizeof text);
	return refuse(why, REPLY_POLICY, "%s", text);
}
