/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The timer of systemd's that undoes a change of the network which nobody confirms. */
#include "client/command/setup/change/roll-back.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/setup/change/perform.h"

static const char *const units[] = {
	[ROLL_BACK_GUARD] = "vmgrant-setup-guard",
	[ROLL_BACK_TIMER] = "vmgrant-setup-roll-back",
};

static int run(const char *const list[], char **said_out)
{
	struct capture *capture = text_need(malloc(sizeof *capture));
	const int is_good = command_list_succeeds(list, capture);

	if (said_out != NULL)
		*said_out = text_format("%.300s", capture->text);
	free(capture);
	return is_good;
}

int roll_back_arm(enum roll_back which, unsigned delay_s)
{
	char own[4096], *unit, *delay, *said;
	const ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
	int code = VMGRANT_GRANTED;

	if (length <= 0)
		return command_fail(VMGRANT_INTERNAL, "setup: this program cannot be found");
	own[length] = '\0';
	unit = text_format("--unit=%s", units[which]);
	delay = text_format("--on-active=%us", delay_s);
	if (!run((const char *const[]){ "systemd-run", "--quiet", "--collect", unit, delay,
					"--timer-property=AccuracySec=100ms", "--", own, "setup",
					"--roll-back", NULL },
		 &said))
		code = command_fail(VMGRANT_INTERNAL,
				    "setup: systemd-run: no timer can be had that "
				    "undoes a change which nobody confirms (--timeout 0 goes "
				    "without): %s",
				    said);
	free(said);
	free(delay);
	free(unit);
	return code;
}

void roll_back_disarm(enum roll_back which)
{
	char *timer = text_format("%s.timer", units[which]);

	(void)run((const char *const[]){ "systemctl", "--quiet", "stop", timer, NULL }, NULL);
	free(timer);
}
