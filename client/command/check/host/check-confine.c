/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check --confine: what this kernel and host give to a program that is shut in.
 *
 * What decides is a trial: vmgrant run --confine of a program that does nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/command/check/check.h"
#include "client/command/machine/capture.h"
#include "client/command/machine/tree.h"
#include "client/confine/confine.h"
#include "client/text/message.h"

#define TRIAL_TIMEOUT_MS 60000
#define SAYER "vmgrant: --confine: "

/* A command that allows user namespaces where a sysctl forbids them; NULL: none does. */
static char *namespaces_command(const struct check *check)
{
	if (tree_number(check->root, "/proc/sys/user/max_user_namespaces") == 0)
		return text_format("sudo sysctl user.max_user_namespaces=15000");
	if (tree_number(check->root, "/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return text_format("sudo sysctl kernel.unprivileged_userns_clone=1");
	if (tree_number(check->root, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		return text_format("sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0");
	return NULL;
}

static void check_landlock(struct check *check)
{
	const int abi = confine_landlock_abi();

	if (abi == 0)
		check_advise(check, CHECK_FAIL,
			     text_format(_("Landlock: not in this kernel, or off")),
			     text_format(_("boot Linux 5.13 or newer with landlock in lsm= of its "
					   "command line")));
	else if (abi < CONFINE_LANDLOCK_SCOPES)
		check_add(
			check, CHECK_INFO,
			text_format(_("Landlock: ABI %d: keeps files; signals and abstract sockets "
				      "are kept by namespaces alone"),
				    abi),
			NULL);
	else
		check_add(check, CHECK_OK, text_format(_("Landlock: ABI %d"), abi), NULL);
}

static void check_ids(struct check *check)
{
	unsigned first, count;
	char *why = NULL;

	if (confine_ids_find(&first, &count, &why) == 0) {
		check_add(check, CHECK_OK,
			  text_format(_("subordinate ids: %u from %u on"), count, first), NULL);
	} else {
		check_advise(check, CHECK_WARN,
			     text_format(_("subordinate ids: none: guests have user %s's own id"),
					 check->user),
			     why);
	}
}

static void check_groups(struct check *check)
{
	char *why = NULL;

	if (confine_scope_find(&why) == 0)
		check_add(check, CHECK_OK,
			  text_format(_("control groups: scopes of the person's systemd")), NULL);
	else
		check_add(check, CHECK_INFO,
			  text_format(_("control groups: none of its own: %s"), why), NULL);
	free(why);
}

/* Under another id nobody is in the group that the node belongs to. */
static void check_node(struct check *check)
{
	char *path = tree_path(check->root, "/dev/kvm");
	struct stat status;

	if (stat(path, &status) == 0 && (status.st_mode & 06) != 06)
		check_add(
			check, CHECK_WARN,
			text_format(_("/dev/kvm: closed to subordinate ids: QEMU before 9.2 has no "
				      "KVM, but with --confine=same-user")),
			text_format("sudo chmod 666 /dev/kvm"));
	free(path);
}

static void check_trial(struct check *check)
{
	char *const argv[] = { (char[]){ "/proc/self/exe" }, (char[]){ "run" },
			       (char[]){ "--confine" }, (char[]){ "--" }, (char[]){ "true" }, NULL };
	struct capture *capture = text_need(calloc(1, sizeof *capture));
	char *text = capture->text, *line, *last = NULL, *command;

	capture_run(argv, TRIAL_TIMEOUT_MS, capture);
	if (capture->end == CAPTURE_EXITED && capture->status == 0) {
		check_add(check, CHECK_OK,
			  text_format(_("a trial: a program was started, shut in")), NULL);
		free(capture);
		return;
	}
	/* What is said before the last line is what goes without. */
	while ((line = capture_next_line(&text)) != NULL)
		last = line;
	if (last != NULL && strncmp(last, SAYER, sizeof SAYER - 1) == 0)
		last += sizeof SAYER - 1;
	line = text_format(_("a trial: %s"),
			   last != NULL ? last : _("a program cannot be started"));
	command = namespaces_command(check);
	if (command != NULL)
		check_add(check, CHECK_FAIL, line, command);
	else
		check_advise(check, CHECK_FAIL, line,
			     text_format(_("--confine=best goes on without what is missing")));
	free(capture);
}

void check_confine(struct check *check)
{
	check_landlock(check);
	check_ids(check);
	check_groups(check);
	check_node(check);
	check_trial(check);
}
