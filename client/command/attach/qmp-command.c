/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* How QMP's results become words and exit statuses. */
#include "client/command/attach/qmp-command.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/attach/libvirt-monitor.h"
#include "client/command/common/command.h"
#include "client/command/common/interrupt.h"
#include "client/command/kind/bridge/net-option.h"
#include "client/qmp/device.h"
#include "client/text/message.h"

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

static void say_waiting(const struct qmp *qmp, const char *what)
{
	if (qmp->watched[0] == '\0')
		(void)command_fail(0, _("QMP socket: %s"), what);
	else
		(void)command_fail(0, "%s: %s", qmp->watched, what);
}

/* libvirt's monitors are in folders of its own, by one name, and it never lets them go. */
static int is_libvirt_monitor(const char *socket)
{
	static const char name[] = "/monitor.sock";
	char *path = realpath(socket, NULL);
	size_t length = path == NULL ? 0 : strlen(path);
	int is_libvirt = length > sizeof name && strstr(path, "/libvirt/") != NULL &&
			 strcmp(path + length - (sizeof name - 1), name) == 0;

	free(path);
	return is_libvirt;
}

int qmp_command_check(const char *command, const struct monitor *monitor)
{
	if (monitor->socket != NULL && monitor->domain != NULL)
		return command_fail(VMGRANT_USAGE,
				    _("%s: --qmp and --libvirt: one of them: "
				      "try vmgrant %s --help"),
				    command, command);
	if (monitor->socket == NULL && monitor->domain == NULL)
		return command_fail(VMGRANT_USAGE,
				    _("%s: --qmp SOCKET or --libvirt DOMAIN is "
				      "missing: try vmgrant %s --help"),
				    command, command);
	return VMGRANT_GRANTED;
}

enum qmp_result qmp_command_connect(struct qmp *qmp, const struct monitor *monitor, int *gone_out)
{
	return monitor->domain != NULL ? libvirt_monitor_open(qmp, monitor->domain, gone_out)
				       : qmp_open(qmp, monitor->socket, gone_out);
}

int qmp_command_open(struct qmp *qmp, const struct monitor *monitor)
{
	const char *socket = monitor->socket;
	enum qmp_result result;
	int gone;

	if (socket != NULL && is_libvirt_monitor(socket))
		return command_fail(COMMAND_QMP,
				    _("QMP socket %.256s: libvirt's own monitor, which "
				      "serves libvirt alone: name the domain instead, --libvirt "
				      "DOMAIN"),
				    socket);
	qmp->on_slow = say_waiting;
	result = qmp_command_connect(qmp, monitor, &gone);
	if (result == QMP_DONE)
		return VMGRANT_GRANTED;
	if (monitor->domain != NULL)
		return command_fail(COMMAND_QMP, _("libvirt domain %.128s: %s"), monitor->domain,
				    qmp->error);
	return command_fail(COMMAND_QMP,
			    gone ? _("QMP socket %.256s: %s: start QEMU with "
				     "-qmp unix:SOCKET,server=on,wait=off")
				 : _("QMP socket %.256s: %s"),
			    socket, qmp->error);
}

int qmp_command_is_id(const char *text)
{
	return strlen(text) < QMP_DEVICE_ID_MAX && option_is_name(text);
}
