/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Opening the places: by the person's process, which knows whose each folder and link is, and by
 * process 1 again, whose mounts take only what it opened itself.
 */
#ifndef VMGRANT_CLIENT_CONFINE_PLACE_OPEN_H
#define VMGRANT_CLIENT_CONFINE_PLACE_OPEN_H

#include "client/confine/confine.h"

/*
 * Find and judge the places, in the person's process. What was found stays open, so that its
 * number is nothing else's. Returns 0 or -1, and has said why.
 */
int place_judge_all(struct confine *confine);

/* Close what was found, when the other process has it. */
void place_leave_all(struct confine *confine);

/*
 * Open what was found, as fds that stay open through confine_root_enter(). Done in process 1 with
 * the person's own id, which may pass through folders that the program's may not.
 *
 * fds  one for each place, -1 for what is not there
 *
 * Returns 0 or -1, and has said why.
 */
int place_open_all(const struct confine *confine, int *fds);

#endif
