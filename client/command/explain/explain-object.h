/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The bridge or device that vmgrant explain is about, named by the words of a rule.
 */
#ifndef VMGRANT_CLIENT_COMMAND_EXPLAIN_EXPLAIN_OBJECT_H
#define VMGRANT_CLIENT_COMMAND_EXPLAIN_EXPLAIN_OBJECT_H

#include "judge/policy/acl.h"

/* Zeroed: nothing. acl_object points into the rest. */
struct explain_object {
	struct acl_object acl_object;
	char title[256];             /* the words as given, escaped */
	char text[ACL_LINE_MAX + 2]; /* a rule made of them, which was parsed to pieces */
	struct acl acl;
	void *looked; /* of explain_object_look() */
};

/*
 * words  what stands in a rule behind allow: "bridge", "br0"; ended by NULL
 *
 * Returns VMGRANT_GRANTED, or VMGRANT_USAGE after printing why. Release in both cases.
 */
int explain_object_parse(struct explain_object *object, char *const words[]);

/*
 * Let it have what this machine knows of it, and what that policy calls it, until it is
 * forgotten.
 */
void explain_object_look(struct explain_object *object, const struct acl *policy);
void explain_object_forget(struct explain_object *object);

void explain_object_release(struct explain_object *object);

#endif
