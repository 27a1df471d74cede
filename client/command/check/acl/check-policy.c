/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: the ACL as a text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/acl/acl-mend.h"
#include "client/command/check/acl/acl-report.h"
#include "client/command/check/check.h"
#include "client/text/message.h"

#define EDIT_ACL "sudoedit " VMGRANT_ACL_FILE

static void add_error(struct check *check, const struct acl_report *report)
{
	char *command;

	/* Where root's files seem to be nobody's, nobody can judge them. */
	if (report->is_closed || !check->is_mapped) {
		check_add(check, CHECK_INFO,
			  text_format(_("%s: user %s may not read it: not judged here"),
				      VMGRANT_ACL_FILE, check->user),
			  text_format("sudo vmgrant check --user %s", check->user));
		return;
	}
	command = acl_mend(report->error_file);
	if (command == NULL)
		command = text_format("sudoedit %s", report->error_file);
	check_add(check, CHECK_FAIL, text_format("%s", report->error), command);
}

static void add_summary(struct check *check, const struct acl_report *report)
{
	char *summary = acl_report_summary(report, VMGRANT_ACL_FILE);

	if (acl_report_is_vain(report))
		check_add(check, CHECK_FAIL, summary, text_format(EDIT_ACL));
	else
		check_add(check, report->allow_count == 0 ? CHECK_INFO : CHECK_OK, summary, NULL);
}

static void add_missing(struct check *check)
{
	char target[256];
	ssize_t length = readlink(VMGRANT_ACL_FILE, target, sizeof target);

	/* The link is somebody's work: another file in its place would undo that. */
	if (length > 0)
		check_advise(
			check, CHECK_FAIL,
			text_format(_("%s: leads to %.*s, which is missing: everything is refused"),
				    VMGRANT_ACL_FILE, (int)length, target),
			text_format(_("make that file, or remove the link")));
	else
		check_add(check, CHECK_FAIL,
			  text_format(_("%s: missing: everything is refused"), VMGRANT_ACL_FILE),
			  text_format("sudo install -D -g " VMGRANT_ACCOUNT " -m 640 /dev/null %s",
				      VMGRANT_ACL_FILE));
}

void check_acl(struct check *check)
{
	struct acl_report report;

	if (access(VMGRANT_ACL_FILE, F_OK) < 0 && errno == ENOENT) {
		add_missing(check);
		return;
	}
	acl_report_make(&report, NULL);
	for (size_t i = 0; i < report.warnings.count; i++)
		check_add(check, CHECK_WARN, text_format("%s", report.warnings.items[i]),
			  text_format(EDIT_ACL));
	if (report.error != NULL)
		add_error(check, &report);
	else
		add_summary(check, &report);
	acl_report_release(&report);
}
