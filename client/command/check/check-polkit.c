/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: polkit's actions, polkit itself, and who would ask for a password. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/capture.h"
#include "client/command/check/check.h"

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
		check_add(check, CHECK_FAIL,
			  text_format("%s: cannot be read: %s: polkit does not know vmgrant",
				      ACTION_FILE, strerror(errno)),
			  text_format("install vmgrant again"));
	else if (owners == 0)
		check_add(check, CHECK_FAIL,
			  text_format("%s: %s is not the owner of the actions: polkit will not "
				      "answer", ACTION_FILE, VMGRANT_ACCOUNT),
			  text_format("install vmgrant again"));
	else
		check_add(check, CHECK_OK, text_format("%s: belongs to account %s", ACTION_FILE,
						       VMGRANT_ACCOUNT), NULL);
}

/* Without polkit only rules with polkit=no give anything. */
static void add_trouble(struct check *check, const char *what, const char *mend)
{
	check_add(check, check->needs_polkit ? CHECK_FAIL : CHECK_WARN,
		  text_format("polkit: %s", what), text_format("%s", mend));
}

void check_polkit(struct check *check)
{
	char *const argv[] = { text_format("pkaction"), text_format("--action-id=" ACTION), NULL };
	struct capture capture;

	capture_run(argv, POLKIT_TIMEOUT_MS, &capture);
	capture.text[strcspn(capture.text, "\n")] = '\0';
	text_clean(capture.text);
	if (capture.end == CAPTURE_NOT_FOUND)
		add_trouble(check, "pkaction is not installed, and so probably no polkit",
			    "install polkit");
	else if (capture.end == CAPTURE_LATE)
		add_trouble(check, "does not answer in time", "sudo systemctl restart polkit");
	else if (capture.end == CAPTURE_EXITED && capture.status == 0)
		check_add(check, CHECK_OK, text_format("polkit: answers and knows " ACTION), NULL);
	else if (strstr(capture.text, "No action with action id") != NULL)
		add_trouble(check, "does not know " ACTION, "sudo systemctl restart polkit");
	else
		add_trouble(check, capture.text[0] != '\0' ? capture.text : "cannot be reached",
			    "sudo systemctl start polkit");
	free(argv[0]);
	free(argv[1]);
}

void check_agent(struct check *check)
{
	if (access(VMGRANT_PKTTYAGENT, X_OK) == 0)
		check_add(check, CHECK_OK,
			  text_format("%s: can ask for a password on a terminal",
				      VMGRANT_PKTTYAGENT), NULL);
	else
		check_add(check, check->needs_polkit ? CHECK_WARN : CHECK_INFO,
			  text_format("%s: cannot be started: %s: without a desktop nobody asks "
				      "for polkit's password", VMGRANT_PKTTYAGENT,
				      strerror(errno)),
			  text_format("install polkit's pkttyagent"));
}
