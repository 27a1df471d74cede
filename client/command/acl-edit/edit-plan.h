/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the file is to hold after an edit.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_EDIT_PLAN_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_EDIT_PLAN_H

#include "client/command/acl-edit/acl-edit.h"
#include "client/command/acl-edit/file/edited-file.h"

/*
 * Find the new text, and check it with all the policy around it.
 *
 * text_out  to be freed; NULL: nothing is to be changed
 * done      what would be done, without its diff
 *
 * Returns VMGRANT_GRANTED, or another code after printing why nothing is changed.
 */
int edit_plan(const struct acl_edit *edit, const struct edited_file *file, char **text_out,
	      struct acl_done *done);

#endif
