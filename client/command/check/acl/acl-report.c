/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What there is to say about a policy. */
#include "client/command/check/acl/acl-report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/acl/acl-names.h"
#include "client/command/check/acl/acl-never.h"
#include "client/command/common/policy-error.h"
#include "client/command/common/read-policy.h"
#include "client/text/message.h"
#include "wire/refusal/escape.h"

static void warn_of_rule(struct acl_report *report, const struct acl_rule *rule, char *what)
{
	char file[256];

	words_add(&report->warnings,
		  text_format(_("%s: line %u: warning: %s"),
			      escape_string(file, sizeof file, rule->file), rule->line, what));
	free(what);
}

static void warn_of_file(void *context, const char *path, const char *reason)
{
	struct acl_report *report = context;

	words_add(&report->warnings,
		  text_format(_("%s: warning: would not be trusted: %s"), path, reason));
}

static void warn_of_passed_over(void *context, const struct acl_error *what)
{
	struct acl_report *report = context;
	struct acl_error shown = *what;
	char text[640];

	(void)snprintf(shown.message, sizeof shown.message, _("warning: %.240s"), what->message);
	(void)acl_error_format(&shown, text, sizeof text);
	words_add(&report->warnings, text_format("%s", text));
}

static void check_names(struct acl_report *report, const struct acl_rule *rule)
{
	struct words missing = { 0 };

	acl_names_missing(rule, &missing);
	for (size_t i = 0; i < missing.count; i++)
		warn_of_rule(report, rule, text_format("%s", missing.items[i]));
	words_release(&missing);
}

/* ---- rules that never help ---- */

static void check_use(struct acl_report *report, const struct acl *acl, const struct acl_rule *rule)
{
	const struct acl_rule *deny;
	const char *reason = acl_rule_never(acl, rule, &deny);

	report->allow_count += rule->effect == ACL_EFFECT_ALLOW;
	if (reason == NULL)
		return;
	report->never_count++;
	if (deny == NULL)
		warn_of_rule(report, rule, text_format(_("can never be granted: %s"), reason));
	else if (deny->file == rule->file)
		warn_of_rule(report, rule,
			     text_format(_("can never be granted: line %u denies it"), deny->line));
	else
		warn_of_rule(report, rule,
			     text_format(_("can never be granted: line %u of %s denies it"),
					 deny->line, deny->file));
}

/* ---- the whole ---- */

static void take_error(struct acl_report *report, const struct acl_error *error)
{
	report->error = policy_error_text(error);
	report->error_file = text_format("%s", error->file);
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
	for (size_t i = 0; result == 0 && i < policy.acl.count; i++) {
		check_names(report, &policy.acl.rules[i]);
		check_use(report, &policy.acl, &policy.acl.rules[i]);
	}
	report->rule_count = policy.acl.count;
	report->file_count = policy.file_count;
	policy_release(&policy);
}

void acl_report_release(struct acl_report *report)
{
	words_release(&report->warnings);
	free(report->error);
	free(report->error_file);
	*report = (struct acl_report){ 0 };
}

int acl_report_is_vain(const struct acl_report *report)
{
	return report->allow_count > 0 && report->allow_count == report->never_count;
}

char *acl_report_summary(const struct acl_report *report, const char *file)
{
	char *rules, *files, *summary;
	char name[256];

	escape_string(name, sizeof name, file);
	if (report->rule_count == 0)
		return text_format(_("%s: good, but no rules yet: nothing is allowed"), name);
	if (report->allow_count == 0)
		return text_format(_("%s: good, but it only denies: nothing is allowed"), name);
	if (acl_report_is_vain(report))
		return text_format(_("%s: none of its rules can ever be granted"), name);
	rules = text_format(ngettext("%zu rule", "%zu rules", report->rule_count),
			    report->rule_count);
	files = text_format(ngettext("%zu file", "%zu files", report->file_count),
			    report->file_count);
	/* TRANSLATORS: "/etc/vmgrant/acl.conf: good: 3 rules in 2 files" */
	summary = text_format(_("%s: good: %s in %s"), name, rules, files);
	free(files);
	free(rules);
	return summary;
}
