/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How QMP's results become words and exit statuses. */
#include "client/command/attach/qmp-command.h"

#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/interrupt.h"
#include "client/command/common/net-option.h"
#include "client/qmp/device.h"

int qmp_command_code(const struct qmp *qmp, enum qmp_result result)
{
	switch (result) {
	case QMP_DONE:
		return VMGRANT_GRANTED;
	case QMP_REFUSED:
		return COMMAND_REFUSED;
	case QMP_LATE:
		return COMMAND_LATE;
	case QMP_INTERRUPTED:
		return COMMAND_SIGNAL + interrupt_number(qmp->interrupt_fd);
	case QMP_LOST:
		break;
	}
	return COMMAND_QMP;
}

int qmp_command_open(struct qmp *qmp, const char *socket)
{
	int gone;
	enum qmp_result result = qmp_open(qmp, socket, &gone);

	if (result == QMP_DONE)
		return VMGRANT_GRANTED;
	return command_fail(COMMAND_QMP, "QMP socket %.256s: %s%s", socket, qmp->error,
			    gone ? ": start QEMU with -qmp unix:SOCKET,server=on,wait=off" : "");
}

int qmp_command_is_id(const char *text)
{
	return strlen(text) < QMP_DEVICE_ID_MAX && net_option_is_name(text);
}
