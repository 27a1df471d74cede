/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Put a new text in the place of the edited file, whole or not at all.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_PUT_IN_PLACE_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_PUT_IN_PLACE_H

#include "client/command/acl-edit/file/edited-file.h"

/*
 * A new file in the same folder gets the text, and owner, group, mode, ACL and other
 * extended attributes of the old one; it is on the disk before it takes the name. The old
 * one becomes NAME~. One that was not there yet gets the group that reads the policy, mode
 * 0640.
 *
 * A process that is killed leaves the old file or the new one under the name, and perhaps
 * .NAME.new or .NAME.old beside it, which the next edit removes.
 *
 * Returns 0, or a negative errno; *failed_out says in a phrase what failed.
 */
int put_in_place(const struct edited_file *file, const char *text, const char **failed_out);

#endif
