/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether AppArmor lets libvirt's daemons start the helper.
 *
 * The kernel is asked, not the profile's text: a child takes the daemon's profile on, which
 * everybody who is not confined may do, and starts the helper as the daemon would.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

/* What the child found, as its exit status. */
enum trial {
	TRIAL_STARTED = 0,
	TRIAL_NO_PROFILE = 101, /* no such profile is loaded: nothing confines the daemon */
	TRIAL_UNKNOWN,          /* this process may not take it on */
	TRIAL_FORBIDDEN,
};

static int write_all(int fd, const char *text)
{
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

/* Only in a child, which the profile stays with. */
static void start_confined(const char *profile, const char *helper) __attribute__((noreturn));
static void start_confined(const char *profile, const char *helper)
{
	char *const argv[] = { text_format("%s", helper), text_format("--version"), NULL };
	char *order = text_format("changeprofile %s", profile);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int attribute = open("/proc/self/attr/apparmor/current", O_WRONLY | O_CLOEXEC);

	/* Before Linux 5.8 all security modules shared one file. */
	if (attribute < 0)
		attribute = open("/proc/self/attr/current", O_WRONLY | O_CLOEXEC);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (write_all(attribute, order) < 0)
		_exit(errno == ENOENT ? TRIAL_NO_PROFILE : TRIAL_UNKNOWN);
	(void)execv(argv[0], argv);
	_exit(errno == EACCES || errno == EPERM ? TRIAL_FORBIDDEN : TRIAL_UNKNOWN);
}

static enum trial try_profile(const char *profile, const char *helper)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		start_confined(profile, helper);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return TRIAL_UNKNOWN;
	switch (WEXITSTATUS(status)) {
	case TRIAL_STARTED:
		return TRIAL_STARTED;
	case TRIAL_NO_PROFILE:
		return TRIAL_NO_PROFILE;
	case TRIAL_FORBIDDEN:
		return TRIAL_FORBIDDEN;
	default:
		return TRIAL_UNKNOWN;
	}
}

/* Whoever built it without AppArmor's files has no program that does it. */
static char *mend_for(const struct check *check, const char *program)
{
	const char *name = text_base_name(program);

	if (access(VMGRANT_APPARMOR, X_OK) == 0)
		return text_format("sudo %s add", VMGRANT_APPARMOR);
	return text_format("echo '%s PUx,' | sudo tee -a /etc/apparmor.d/local/usr.sbin.%s && "
			   "sudo apparmor_parser -r /etc/apparmor.d/usr.sbin.%s", check->helper,
			   name, name);
}

void check_apparmor(struct check *check)
{
	static const struct {
		const char *program, *profile;
	} daemons[] = {
		{ "/usr/sbin/libvirtd", "libvirtd" },
		{ "/usr/sbin/libvirtd", "/usr/sbin/libvirtd" },
		{ "/usr/sbin/virtqemud", "virtqemud" },
	};
	char *enabled = tree_line(check->root, "/sys/module/apparmor/parameters/enabled");
	int is_enabled = enabled != NULL && *enabled == 'Y';

	free(enabled);
	for (size_t i = 0; is_enabled && i < sizeof daemons / sizeof daemons[0]; i++) {
		enum trial trial;

		if (!tree_exists(check->root, "%s", daemons[i].program))
			continue;
		trial = try_profile(daemons[i].profile, check->helper);
		if (trial == TRIAL_FORBIDDEN)
			check_add(check, CHECK_WARN,
				  text_format(
					  _("libvirt: AppArmor's profile %s does not let it start "
					    "%s: its guests get no network card"),
					  daemons[i].profile, check->helper),
				  mend_for(check, daemons[i].program));
		else if (trial == TRIAL_STARTED)
			check_add(check, CHECK_OK,
				  text_format(_("libvirt: AppArmor's profile %s lets it start %s"),
					      daemons[i].profile, check->helper),
				  NULL);
	}
}
