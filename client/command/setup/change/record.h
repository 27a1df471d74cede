/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant setup has changed on this machine, kept so that a later run can undo it.
 *
 * Each change is on the disk before it is made: one that a killed process left half made is
 * undone like the others.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_RECORD_H
#define VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_RECORD_H

#include "client/command/setup/change/changes.h"

struct setup_record {
	struct setup_changes changes;
	long pending_from; /* from this one on nobody has confirmed them; -1: all are */
	int lock_fd;       /* -1: not open */
};

/*
 * How long another setup may take before this one gives up, or for the timer's roll-back goes
 * on: longer than any command of it, as two of them must not undo at once.
 */
#define RECORD_WAIT_MS 180000u
#define RECORD_WAIT_ROLL_BACK_MS 150000u

/* Without the lock only the timer's roll-back may go on. */
enum record_wait { RECORD_GIVE_UP = 0, RECORD_GO_ON };

/*
 * Lock and read. A process that was stopped while it held the lock must not keep a roll-back
 * from happening. Returns VMGRANT_GRANTED, or another code after printing why; record_close()
 * in both cases.
 */
int record_open(struct setup_record *record, enum record_wait wait);
void record_close(struct setup_record *record);

/* Write it; without any change the file goes. Returns likewise. */
int record_save(const struct setup_record *record);

/* Move a change into the record, save that, and make it. Returns likewise. */
int record_make(struct setup_record *record, struct setup_change *change);

/*
 * Undo the changes from this one on, the last one first; what is undone leaves the record.
 * Goes on where one fails, but of the network undoes nothing where somebody has changed one of
 * its files since: half of it would take the machine off the network. What nobody has confirmed
 * and is not undone keeps waiting. Returns likewise.
 */
int record_undo(struct setup_record *record, size_t from);

#endif
