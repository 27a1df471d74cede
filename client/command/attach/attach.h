/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One thing for a running QEMU: asked for, plugged in, or undone; and what each kind of
 * thing does for it.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ATTACH_ATTACH_H
#define VMGRANT_CLIENT_COMMAND_ATTACH_ATTACH_H

#include <json-c/json.h>

#include "client/command/attach/qmp-command.h"
#include "client/command/common/prompt.h"
#include "client/command/kind/kind.h"
#include "client/command/qemu/qemu-machine.h"
#include "client/library/vmgrant.h"
#include "client/qmp/qmp.h"

struct attach {
	struct monitor monitor;
	const char *helper; /* NULL: the installed one */
	enum prompt prompt;
	char id[QMP_ID_SIZE]; /* of the device in QEMU */
	int follows;          /* 1: plugged in whenever it comes */
	const struct command_kind *kind; /* NULL: nothing was asked for yet */
	void *thing;          /* what the kind remembers of it */
	struct qmp qmp;
};

enum follow_start {
	FOLLOW_PLUGGED = 0, /* the device is in QEMU */
	FOLLOW_AWAY,        /* it was not there, or could not be had */
};

/*
 * A kind's part. thing is its memory of that size, which begins zeroed. Those that return
 * int return 0, or the exit status and have said why, where nothing else is said.
 */
struct attach_kind {
	size_t size;

	/* text: what stands behind the option. */
	int (*take)(void *thing, const char *text);
	/* All options are known. NULL: nothing to check. */
	int (*check)(void *thing, struct attach *attach);
	/* QEMU can be asked, and the id is chosen. NULL: nothing to learn. */
	int (*prepare)(void *thing, struct attach *attach);
	int (*ask)(void *thing, struct attach *attach, struct vmgrant_connection *connection);

	/* Plug it in; take away all of it that may be there, once or more. */
	enum qmp_result (*plug)(void *thing, struct attach *attach);
	enum qmp_result (*undo)(void *thing, struct attach *attach);
	/* What may be left, for a person who has to look for it. */
	const char *(*name)(const void *thing);
	/* Add what programs are told of it. NULL: its name is that of a node, and all. */
	void (*describe)(const void *thing, const struct attach *attach, json_object *object);
	/* Close what was granted. */
	void (*release)(void *thing);

	/* Of a kind that comes and goes; else NULL. 1 if it is there. */
	int (*is_present)(const void *thing);
	/* Stay until QEMU ends or a signal comes. */
	int (*follow)(struct attach *attach, enum follow_start start);

	/*
	 * For vmgrant detach. Is the device of that id and type one that was plugged in so?
	 * QMP_REFUSED: no.
	 */
	enum qmp_result (*owns)(struct qmp *qmp, const char *id, const char *type);
	/* Take away what stood behind a device that is gone. QMP_REFUSED: there was nothing. */
	enum qmp_result (*remove_rest)(struct qmp *qmp, const char *id);
};

/* All but attach_release() return 0, or the exit status and have said why. */

/* Connect, and choose the id if there is none. */
int attach_open(struct attach *attach);

/* For the kinds: the machine, and whether it has a PCI bus. */
int attach_learn_machine(struct attach *attach, struct qemu_machine *machine_out,
			 int *has_pci_out);

/* Ask the helper. */
int attach_ask(struct attach *attach);

/* Plug it in, or undo all of it. Interruptions come by attach->qmp.interrupt_fd. */
int attach_plug(struct attach *attach);

/* Close what was granted, and the connection. */
void attach_release(struct attach *attach);

#endif
