/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: polkit's actions, polkit itself, and who would ask for a password. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/machine/capture.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define ACTION "org.vmgrant.tap"
#define ACTION_FILE VMGRANT_ACTIONS "/org.vmgrant.policy"
#define OWNER "unix-user:" VMGRANT_ACCOUNT

/* polkit may have to be started for it. */
#define POLKIT_TIMEOUT_MS 10000

/* How many lines of the file name the account as an owner; -1 with errno. */
static int count_owners(void)
{
	FILE *file = fopen(ACTION_FILE, "re");
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	if (file == NULL)
		return -1;
	while (getline(&line, &size, file) > 0)
		count += strstr(line, ">" OWNER "<") != NULL;
	free(line);
	(void)fclose(file);
	return count;
}

void check_actions(struct check *check)
{
	int owners = count_owners();

	if (owners < 0)
		check_advise(check, CHECK_FAIL,
			     text_format(_("%s: %s: polkit does not know vmgrant"), ACTION_FILE,
					 strerror(errno)),
			     text_format(_("install vmgrant again")));
	else if (owners == 0)
		check_advise(check, CHECK_FAIL,
			     text_format(_("%s: %s is not the owner of the actions"), ACTION_FILE,
					 VMGRANT_ACCOUNT),
			     text_format(_("install vmgrant again")));
	else
		check_add(check, CHECK_OK,
			  text_format(_("polkit actions: belong to account %s"), VMGRANT_ACCOUNT),
			  NULL);
}

/* Without polkit only rules with polkit=no give anything. */
static enum check_level trouble_level(const struct check *check)
{
	return check->needs_polkit ? CHECK_FAIL : CHECK_WARN;
}

static void add_trouble(struct check *check, const char *what, const char *command)
{
	check_add(check, trouble_level(check), text_format(_("polkit: %s"), what),
		  text_format("%s", command));
}

/* ---- a /proc that hides processes ---- */

/* The group that a mount of proc exempts; 0 where none is. */
static unsigned exempted_group(const char *options)
{
	const char *found = strstr(options, "gid=");

	return found == NULL ? 0 : (unsigned)strtoul(found + 4, NULL, 10);
}

/* The options of /proc, if it hides processes of others; to be freed, or NULL. */
static char *hiding_proc(const struct check *check)
{
	char *path = tree_path(check->root, "/proc/self/mountinfo");
	FILE *file = fopen(path, "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		const char *options = strstr(line, " - proc ");

		if (options == NULL || strstr(line, " /proc ") == NULL)
			continue;
		free(found);
		found = strstr(options, "hidepid=") == NULL || strstr(options, "hidepid=0") != NULL ||
					strstr(options, "hidepid=off") != NULL
				? NULL : text_format("%s", options);
	}
	if (file != NULL)
		(void)fclose(file);
	free(line);
	free(path);
	return found;
}

/* polkit's daemon has to see who asks. Returns 1 if it cannot. */
static int check_hidden_processes(struct check *check)
{
	const struct passwd *daemon = getpwnam("polkitd");
	char *options = hiding_proc(check);
	int is_hidden;

	if (daemon == NULL)
		daemon = getpwnam("polkit");
	is_hidden = options != NULL && (daemon == NULL || exempted_group(options) != daemon->pw_gid);
	free(options);
	if (!is_hidden)
		return 0;
	if (daemon == NULL)
		check_advise(check, trouble_level(check),
			     text_format(_("polkit: /proc is mounted with hidepid")),
			     text_format(_("mount it with gid= of the group of polkit's daemon")));
	else
		add_trouble(check, _("/proc is mounted with hidepid: its daemon sees nobody"),
			    "sudo mount -o remount,gid=\"$(id -g polkitd)\" /proc");
	return 1;
}

/* ---- the daemon ---- */

/* A rule that asks polkit was tried, and polkit gave no answer: the sentence, or NULL. */
static const char *failed_trial(const struct check *check)
{
	for (size_t i = 0; i < check->probe_count; i++) {
		if (check->probes[i].was_tried && check->probes[i].card == VMGRANT_POLKIT_FAILED)
			return check->probes[i].sentence;
	}
	return NULL;
}

/* Also a no, or that it wants a password, is an answer. */
static int has_answered(const struct check *check)
{
	for (size_t i = 0; i < check->probe_count; i++) {
		const struct probe *probe = &check->probes[i];

		if (probe->was_tried && (probe->offer.flags & VMGRANT_PORT_POLKIT) != 0 &&
		    (probe->card == VMGRANT_GRANTED || probe->card == VMGRANT_POLKIT_CHALLENGE ||
		     probe->card == VMGRANT_POLKIT_DENIED))
			return 1;
	}
	return 0;
}

static void judge_answer(struct check *check, const struct capture *capture)
{
	if (capture->end == CAPTURE_NOT_FOUND)
		check_advise(check, trouble_level(check),
			     text_format(_("polkit: pkaction is not installed, and so probably no "
					   "polkit")),
			     text_format(_("install polkit")));
	else if (capture->end == CAPTURE_LATE)
		add_trouble(check, _("does not answer in time"), "sudo systemctl restart polkit");
	else if (strstr(capture->text, "No action with action id") != NULL)
		check_add(check, trouble_level(check),
			  text_format(_("polkit: does not know %s"), ACTION),
			  text_format("sudo systemctl restart polkit"));
	else if (capture->end != CAPTURE_EXITED || capture->status != 0)
		add_trouble(check, _("cannot be reached"), "sudo systemctl start polkit");
	else if (failed_trial(check) != NULL && !check_hidden_processes(check))
		check_add_sentence(check, CHECK_FAIL, failed_trial(check));
	else if (failed_trial(check) == NULL)
		check_add(check, CHECK_OK, text_format(_("polkit: answers and knows %s"), ACTION),
			  NULL);
}

void check_polkit(struct check *check)
{
	char *const argv[] = { text_format("pkaction"), text_format("--action-id=" ACTION), NULL };
	struct capture capture;

	if (has_answered(check)) {
		check_add(check, CHECK_OK, text_format(_("polkit: answers and knows %s"), ACTION),
			  NULL);
	} else {
		capture_run(argv, POLKIT_TIMEOUT_MS, &capture);
		judge_answer(check, &capture);
	}
	free(argv[0]);
	free(argv[1]);
}

void check_agent(struct check *check)
{
	if (access(VMGRANT_PKTTYAGENT, X_OK) == 0)
		check_add(check, CHECK_OK,
			  text_format(_("%s: can ask for a password on a terminal"),
				      VMGRANT_PKTTYAGENT),
			  NULL);
	else
		check_advise(check, check->needs_polkit ? CHECK_WARN : CHECK_INFO,
			     text_format(_("%s: %s: without a desktop nobody asks for polkit's "
					   "password"),
					 VMGRANT_PKTTYAGENT, strerror(errno)),
			     text_format(_("install polkit's pkttyagent")));
}
