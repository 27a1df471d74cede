/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The timer of systemd's that undoes a change of the network which nobody confirms. */
#include "client/command/setup/change/roll-back.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/setup/change/perform.h"
#include "client/text/message.h"
#include "wire/process/clock.h"

static const char *const units[] = {
	[ROLL_BACK_GUARD] = "vmgrant-setup-guard",
	[ROLL_BACK_TIMER] = "vmgrant-setup-roll-back",
	[ROLL_BACK_RETRY] = "vmgrant-setup-retry",
};

#define RETRY_S 60u

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
		return command_fail(VMGRANT_INTERNAL, _("setup: this program cannot be found"));
	own[length] = '\0';
	unit = text_format("--unit=%s-%ld-%lld", units[which], (long)getpid(), clock_now_ms());
	delay = text_format("--on-active=%us", delay_s);
	/* KillMode: the old network's DHCP client is a child of the roll-back's, and has to stay. */
	if (!run((const char *const[]){ "systemd-run", "--quiet", "--collect", unit, delay,
					"--timer-property=AccuracySec=100ms",
					"--property=KillMode=process", "--", own, "setup",
					"--roll-back", NULL },
		 &said))
		code = command_fail(VMGRANT_INTERNAL,
				    _("setup: systemd-run: no timer can be had that "
				      "undoes a change which nobody confirms (--timeout 0 goes "
				      "without): %s"),
				    said);
	free(said);
	free(delay);
	free(unit);
	return code;
}

void roll_back_disarm(enum roll_back which)
{
	char *timers = text_format("%s-*.timer", units[which]);

	(void)run((const char *const[]){ "systemctl", "--quiet", "stop", timers, NULL }, NULL);
	free(timers);
}

void roll_back_disarm_all(void)
{
	for (enum roll_back which = ROLL_BACK_GUARD; which <= ROLL_BACK_RETRY; which++)
		roll_back_disarm(which);
}

void roll_back_retry(void)
{
	roll_back_disarm(ROLL_BACK_TIMER);
	roll_back_disarm(ROLL_BACK_RETRY);
	/* Without the new timer the guard, if it is still there, is the last one. */
	if (roll_back_arm(ROLL_BACK_RETRY, RETRY_S) != VMGRANT_GRANTED)
		return;
	roll_back_disarm(ROLL_BACK_GUARD);
	(void)command_fail(
		VMGRANT_INTERNAL,
		_("setup: not all of it is undone: that is tried again in %u seconds, until "
		  "vmgrant setup --confirm or --undo"),
		RETRY_S);
}
