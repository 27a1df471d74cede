/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant attach and vmgrant detach share: how QMP's results become words and
 * exit statuses.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ATTACH_QMP_COMMAND_H
#define VMGRANT_CLIENT_COMMAND_ATTACH_QMP_COMMAND_H

#include "client/qmp/qmp.h"

/* Where QEMU's monitor is: one of the two, or neither where there is one of our own. */
struct monitor {
	const char *socket; /* the path of a QMP socket */
	const char *domain; /* of libvirt */
};

/*
 * Options that name it; domain is that of --libvirt. Returns 0, or the exit status and has said
 * what is missing or too much.
 */
int qmp_command_check(const char *command, const struct monitor *monitor);

/* Connect. Returns 0, or the exit status and has said why. */
int qmp_command_open(struct qmp *qmp, const struct monitor *monitor);

/* The same without words. *gone_out is 1 if that QEMU has ended. */
enum qmp_result qmp_command_connect(struct qmp *qmp, const struct monitor *monitor, int *gone_out);

/* The exit status that goes with a result but QMP_DONE. */
int qmp_command_code(const struct qmp *qmp, enum qmp_result result);

/* Is it a name that QEMU takes for a device, and not too long? */
int qmp_command_is_id(const char *text);

#endif
