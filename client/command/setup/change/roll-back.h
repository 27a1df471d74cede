/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The timer that undoes a change of the network which nobody confirms: systemd's, so that
 * neither a lost connection nor the end of this process keeps it from firing. Each unit has a
 * name of its own: one lives on as long as a DHCP client that the roll-back has started.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_ROLL_BACK_H
#define VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_ROLL_BACK_H

/*
 * The guard is there while the change is made, which may take long; after that the timer
 * waits for somebody's word. Where a roll-back fails another one follows.
 */
enum roll_back { ROLL_BACK_GUARD = 0, ROLL_BACK_TIMER, ROLL_BACK_RETRY };

/* Run vmgrant setup --roll-back later. Returns VMGRANT_GRANTED, or another code after printing. */
int roll_back_arm(enum roll_back which, unsigned delay_s);

/* Those no longer. Nothing where there is none. */
void roll_back_disarm(enum roll_back which);
void roll_back_disarm_all(void);

/* What was to be undone is not: try it again in a minute, and say so. */
void roll_back_retry(void);

#endif
