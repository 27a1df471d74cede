/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What there is to say about a policy. */
#include "client/command/check/acl-report.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/read-policy.h"
#include "client/command/common/tree.h"
#include "wire/escape.h"

static void warn_of_rule(struct acl_report *report, const struct acl_rule *rule, const char *what,
			 const char *name)
{
	char file[256], escaped[ACL_LINE_MAX];

	words_add(&report->warnings,
		  text_format("%s: line %u: warning: %s%s", escape_string(file, sizeof file, rule->file),
			      rule->line, what, escape_string(escaped, sizeof escaped, name)));
}

static void warn_of_file(void *context, const char *path, const char *reason)
{
	struct acl_report *report = context;

	words_add(&report->warnings, text_format("%s: warning: would not be trusted: %s", path, reason));
}

static void warn_of_passed_over(void *context, const struct acl_error *what)
{
	struct acl_report *report = context;
	struct acl_error shown = *what;
	char text[640];

	(void)snprintf(shown.message, sizeof shown.message, "warning: %.240s", what->message);
	(void)acl_error_format(&shown, text, sizeof text);
	words_add(&report->warnings, text_format("%s", text));
}

/*
 * What a rule names and this machine does not have. No error: bridges come and go,
 * and a rule may outlive its account. But it is also how a typo looks.
 */
static void check_names(struct acl_report *report, const struct acl_rule *rule)
{
	const struct acl_subject *subject = &rule->subject;

	if (rule->kind == ACL_KIND_BRIDGE && rule->bridge != NULL &&
	    !tree_exists("", "/sys/class/net/%s/bridge", rule->bridge))
		warn_of_rule(report, rule, "there is no bridge ", rule->bridge);
	errno = 0;
	if (subject->type == ACL_SUBJECT_USER_NAME && getpwnam(subject->name) == NULL &&
	    errno == 0)
		warn_of_rule(report, rule, "there is no user ", subject->name);
	errno = 0;
	if (subject->type == ACL_SUBJECT_GROUP_NAME && getgrnam(subject->name) == NULL &&
	    errno == 0)
		warn_of_rule(report, rule, "there is no group ", subject->name);
}

static void take_error(struct acl_report *report, const struct acl_error *error)
{
	char text[640];

	(void)acl_error_format(error, text, sizeof text);
	report->error = text_format("%s", text);
	report->is_closed = geteuid() != 0 && strcmp(error->message, strerror(EACCES)) == 0;
}

void acl_report_make(struct acl_report *report, const char *file)
{
	struct policy policy;
	const struct policy_remarks remarks = { report, warn_of_file, warn_of_passed_over };
	struct acl_error error;
	int result;

	*report = (struct acl_report){ 0 };
	result = file == NULL ? read_policy_for(NULL, &policy, &error, &remarks)
			      : read_policy_draft(file, &policy, &error, &remarks);
	if (result < 0)
		take_error(report, &error);
	for (size_t i = 0; result == 0 && i < policy.acl.count; i++)
		check_names(report, &policy.acl.rules[i]);
	report->rule_count = policy.acl.count;
	report->file_count = policy.file_count;
	policy_release(&policy);
}

void acl_report_release(struct acl_report *report)
{
	words_release(&report->warnings);
	free(report->error);
	*report = (struct acl_report){ 0 };
}

char *acl_report_summary(const struct acl_report *report, const char *file)
{
	char name[256];

	return text_format("%s: good: %zu rule%s in %zu file%s",
			   escape_string(name, sizeof name, file), report->rule_count,
			   report->rule_count == 1 ? "" : "s", report->file_count,
			   report->file_count == 1 ? "" : "s");
}
