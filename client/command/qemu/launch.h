/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What is added to the command line of a QEMU: names, slots and words that no kind of
 * device has for itself. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_LAUNCH_H
#define VMGRANT_CLIENT_COMMAND_QEMU_LAUNCH_H

#include "client/command/qemu/qemu-line.h"
#include "client/command/qemu/qemu-option.h"
#include "client/text/text.h"

/* What vmgrant names in QEMU begins so. */
#define LAUNCH_PREFIX "vmgrant-"

/* The QEMU that is started. */
struct launch_qemu {
	int is_qemu; /* 0: nothing of the rest counts */
	int version; /* QEMU_VERSION(), 0: not known */
	struct qemu_machine machine;
	struct qemu_line line; /* slots that are given away count as taken */
};

/*
 * "vmgrant-STEM0", or the first number that is in no argument; to be
 * freed by the caller. LAUNCH_ID_PLAIN: without a number, if that one is free.
 */
enum launch_id { LAUNCH_ID_NUMBERED = 0, LAUNCH_ID_PLAIN };
char *launch_free_id(char *const arguments[], const char *stem, enum launch_id form,
		     unsigned first);

/* The number of such an id. */
unsigned launch_number_of(const char *id, const char *stem);

/* How this QEMU wants a -device. */
enum qemu_syntax launch_device_syntax(const struct launch_qemu *qemu);

/* An option and its value, which the words own from now on. */
void launch_add(struct words *words, const char *option, char *value);

/* -device, whose object is given away. */
void launch_add_device(struct words *words, json_object *device, const struct launch_qemu *qemu);

/* Give a PCI device a slot, where the machine has such that QEMU does not choose itself. */
void launch_add_slot(json_object *device, struct launch_qemu *qemu);

/* The first number of a set of fds, from that one on, that is in no argument. */
unsigned launch_free_set(unsigned first, char *const arguments[]);

/* -add-fd. As vmgrant attach does: what the set says of itself is our prefix and the id. */
void launch_add_fd(struct words *words, int fd, unsigned set, const char *id);

#endif
