/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a file has besides its text, for another that takes its place.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_KEEP_ATTRIBUTES_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_KEEP_ATTRIBUTES_H

#include <sys/stat.h>

/*
 * Give to_fd the owner, group, mode, ACL and other extended attributes of from_fd, whose
 * status is given. Returns 0, or a negative errno.
 */
int keep_attributes(int from_fd, const struct stat *status, int to_fd);

/*
 * A policy file that is new: root's, for the group of the helper's account, mode 0640; of
 * whoever is not root just the mode. Returns 0, or a negative errno.
 */
int give_attributes(int fd);

#endif
