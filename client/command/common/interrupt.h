/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Ctrl-C and its like as something to wait for, so that a command can undo what it did.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_INTERRUPT_H
#define VMGRANT_CLIENT_COMMAND_COMMON_INTERRUPT_H

/*
 * From now on SIGINT, SIGTERM and SIGHUP do not end the process but make the fd
 * that is returned readable. -1 with errno on failure.
 */
int interrupt_open(void);

/* Which one it was, 0 if there was none. */
int interrupt_number(int fd);

#endif
