/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * How fast a client of the service is refused. All its users' records are of one unit, for which
 * journald has no limit: so no user fills the log, and none is kept out of it by another.
 */
#ifndef VMGRANT_JUDGE_PACE_H
#define VMGRANT_JUDGE_PACE_H

struct pace {
	long long
		paid_ms; /* all refusals so far are paid for at this time; zero: there were none */
};

/* One more: at once after a while without any, else wait. */
void pace_refusal(struct pace *pace);

/*
 * How long the one at now_ms has to wait. Pure.
 */
int pace_wait_ms(struct pace *pace, long long now_ms);

#endif
