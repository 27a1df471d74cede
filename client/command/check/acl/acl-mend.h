/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The command that gives a policy file the owner and mode that a request trusts.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_MEND_H
#define VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_MEND_H

/*
 * path  a file of the policy that was refused
 *
 * Returns the command, to be freed, or NULL if owner and mode of the file and of all
 * folders above it are as they should be, or cannot be seen.
 */
char *acl_mend(const char *path);

#endif
