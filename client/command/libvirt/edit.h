/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant libvirt does to a domain: its emulator, and the file with its options.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIBVIRT_EDIT_H
#define VMGRANT_CLIENT_COMMAND_LIBVIRT_EDIT_H

#include "client/command/libvirt/domain.h"

enum libvirt_edit_what {
	LIBVIRT_EDIT_SHOW = 0, /* change nothing */
	LIBVIRT_EDIT_SET,
	LIBVIRT_EDIT_REMOVE,
};

struct libvirt_edit {
	const char *word; /* the domain, as it was named */
	enum libvirt_edit_what what;
	int is_dry, is_json;
	struct words options; /* lines of the file */

	struct domain domain;
	char *emulator, *xml; /* as they are to be; NULL: as they are */
	char *path;           /* the file */
	char *before;         /* what it holds; NULL: it is not there */
	char *after;          /* what it is to hold; NULL: it is to go */
	char *diff;           /* what changes, for people; NULL: nothing */
	struct words warnings;
};

/* Each returns 0, or the exit status and has said why. */

/* Find the domain and what is to change, and whether the options are any good. */
int libvirt_edit_plan(struct libvirt_edit *edit);

/* Make the change, whole or not at all. */
int libvirt_edit_make(const struct libvirt_edit *edit);

int libvirt_edit_print(const struct libvirt_edit *edit);

void libvirt_edit_release(struct libvirt_edit *edit);

#endif
