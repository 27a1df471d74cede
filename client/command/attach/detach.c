/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant detach: take away what vmgrant attach has plugged in. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/attach/attach.h"
#include "client/command/attach/qmp-command.h"
#include "client/command/common/command.h"
#include "client/command/common/interrupt.h"
#include "client/qmp/device.h"
#include "client/text/message.h"

#define TIMEOUT_S 30
#define TIMEOUT_S_MAX 3600

struct detach {
	struct monitor monitor;
	const char *id;
	unsigned timeout_s;
	struct qmp qmp;
};

static int print_help(void)
{
	(void)printf(_("usage: vmgrant detach --qmp SOCKET [--timeout SECONDS] ID\n"
		       "\n"
		       "Takes away what vmgrant attach has plugged into a running QEMU under this\n"
		       "ID. The guest has to let it go: until then nothing is taken from it.\n"
		       "\n"
		       "  --qmp SOCKET       of QEMU's -qmp unix:SOCKET,server=on,wait=off\n"
		       "  --libvirt DOMAIN   instead of it: a domain of libvirt's, by virsh\n"
		       "  --timeout SECONDS  how long the guest may take [%d]\n"
		       "\n"
		       "See vmgrant(1).\n"),
		     TIMEOUT_S);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int parse_timeout(struct detach *detach, const char *text)
{
	size_t length = strspn(text, "0123456789");

	detach->timeout_s = length == 0 || length > 4 || text[length] != '\0'
				    ? 0 : (unsigned)strtoul(text, NULL, 10);
	if (detach->timeout_s < 1 || detach->timeout_s > TIMEOUT_S_MAX)
		return command_fail(VMGRANT_USAGE, _("--timeout %.64s: must be 1 to %d seconds"),
				    text, TIMEOUT_S_MAX);
	return VMGRANT_GRANTED;
}

static int check(struct detach *detach, char *const rest[])
{
	int code = qmp_command_check("detach", &detach->monitor);

	detach->id = rest[0];
	if (code != VMGRANT_GRANTED)
		return code;
	if (rest[0] == NULL || rest[1] != NULL)
		return command_fail(VMGRANT_USAGE, _("detach: needs one ID: "
						     "try vmgrant detach --help"));
	if (!qmp_command_is_id(detach->id))
		return command_fail(VMGRANT_USAGE, _("detach: %.64s: not an id of a device"),
				    detach->id);
	return VMGRANT_GRANTED;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct detach *detach, int argc, char **argv)
{
	static const struct option options[] = {
		{ "qmp", required_argument, NULL, 'Q' },
		{ "libvirt", required_argument, NULL, 'L' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = VMGRANT_GRANTED, option;

	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'Q')
			detach->monitor.socket = optarg;
		else if (option == 'L')
			detach->monitor.domain = optarg;
		else if (option == 't')
			code = parse_timeout(detach, optarg);
		else
			code = command_fail_unknown("detach", option, argv, options);
	}
	if (code == VMGRANT_GRANTED)
		code = check(detach, argv + optind);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- taking away ---- */

static int fail(struct detach *detach, enum qmp_result result)
{
	int code = qmp_command_code(&detach->qmp, result);

	return command_fail(code, _("%s: cannot be taken away: %s"), detach->id, detach->qmp.error);
}

static int remove_device(struct detach *detach)
{
	enum qmp_result result =
		qmp_device_remove(&detach->qmp, detach->id, (int)detach->timeout_s * 1000);

	if (result == QMP_LATE)
		return command_fail(COMMAND_LATE,
				    _("%s: the guest has not let it go in %u seconds: its system "
				      "must run and know hot-plugging: try again, or shut it down"),
				    detach->id, detach->timeout_s);
	return result == QMP_DONE ? VMGRANT_GRANTED : fail(detach, result);
}

static int leave_it(struct detach *detach)
{
	return command_fail(VMGRANT_OBJECT,
			    _("%s: not attached by vmgrant: left as it is: "
			      "QMP's device_del takes it away"),
			    detach->id);
}

/* A device that the guest gave back when nobody waited for it any more has left these. */
static int remove_rest(struct detach *detach)
{
	int found = 0;

	/* The other way round: what stands on files goes before them. */
	for (int i = COMMAND_KINDS - 1; i >= 0; i--) {
		const struct attach_kind *kind = command_kinds[i]->attach;
		enum qmp_result result =
			kind == NULL ? QMP_REFUSED : kind->remove_rest(&detach->qmp, detach->id);

		if (result != QMP_DONE && result != QMP_REFUSED)
			return fail(detach, result);
		found |= result == QMP_DONE;
	}
	return found ? VMGRANT_GRANTED
		     : command_fail(VMGRANT_OBJECT, _("%s: nothing of this id is attached"),
				    detach->id);
}

/* The device, then what stood behind it: some QEMUs take that away with the device. */
static int remove_thing(struct detach *detach, const struct attach_kind *kind)
{
	enum qmp_result result;
	int code = remove_device(detach);

	if (code != VMGRANT_GRANTED)
		return code;
	result = kind->remove_rest(&detach->qmp, detach->id);
	return result == QMP_DONE || result == QMP_REFUSED ? VMGRANT_GRANTED
							   : fail(detach, result);
}

static int remove_object(struct detach *detach)
{
	char type[QMP_ID_SIZE];
	enum qmp_result result =
		qmp_device_get(&detach->qmp, detach->id, "type", type, sizeof type);

	if (result == QMP_REFUSED)
		return remove_rest(detach);
	for (int i = 0; result == QMP_DONE && i < COMMAND_KINDS; i++) {
		const struct attach_kind *kind = command_kinds[i]->attach;
		enum qmp_result owned =
			kind == NULL ? QMP_REFUSED : kind->owns(&detach->qmp, detach->id, type);

		if (owned == QMP_DONE)
			return remove_thing(detach, kind);
		result = owned == QMP_REFUSED ? QMP_DONE : owned;
	}
	return result == QMP_DONE ? leave_it(detach) : fail(detach, result);
}

int command_detach(int argc, char **argv)
{
	struct detach detach = { .timeout_s = TIMEOUT_S };
	int interrupt_fd, code = parse(&detach, argc, argv);

	if (code >= 0)
		return code;
	interrupt_fd = interrupt_open();
	if (interrupt_fd < 0)
		return command_fail(VMGRANT_INTERNAL, _("signals: cannot be waited for: %s"),
				    strerror(errno));
	qmp_init(&detach.qmp);
	detach.qmp.interrupt_fd = interrupt_fd;
	code = qmp_command_open(&detach.qmp, &detach.monitor);
	if (code == VMGRANT_GRANTED)
		code = remove_object(&detach);
	qmp_close(&detach.qmp);
	close(interrupt_fd);
	return code;
}
