/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The policy as it is with another text in the place of the file that is edited.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_EDITED_POLICY_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_EDITED_POLICY_H

#include "client/command/acl-edit/file/edited-file.h"
#include "judge/policy/load.h"

/* To be released. */
struct edited_policy {
	struct policy policy;
	char *file;   /* as rules that stand in the edited file call it; NULL: they are not read */
	int is_draft; /* 1: the edited file and what it includes; the installed one reads no such */
	int is_imported; /* 1: in the syntax of qemu-bridge-helper */
};

/*
 * Read the policy by the judge's own code: the installed one if the edited file is among
 * what it reads, else the edited file as a draft.
 *
 * text  what the edited file is to hold; of a file that is not there yet the rules are
 *       the last ones
 *
 * Returns 0, or -1 with *error filled. Release in both cases.
 */
int edited_policy_load(struct edited_policy *edited, const struct edited_file *file,
		       const char *text, struct acl_error *error);

void edited_policy_release(struct edited_policy *edited);

#endif
