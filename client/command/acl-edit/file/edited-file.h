/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The file that is edited: found, locked, read.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_EDITED_FILE_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_EDITED_FILE_H

#include <stddef.h>
#include <sys/stat.h>

/* To be released. Zeroed is not closed: edited_file_open() sets it up. */
struct edited_file {
	char *path;         /* as it was named, absolute */
	char *name;         /* in its folder, behind all links */
	int folder_fd;      /* that folder, which is locked by flock(2) */
	int fd;             /* the file, readable; -1: there is none yet */
	struct stat status; /* of the fd, as it was read */
	char *text;         /* whole, ended by NUL; "" if there is none yet */
	size_t length;
};

/*
 * Find the file, wait for others that edit in its folder, and read it.
 *
 * path  NULL: the installed policy. A folder: the file local.conf of it, for what it
 *       includes. One that is not there yet is made, if its folder is.
 *
 * Root gets only what a request would trust: each link, folder and file on the way is root's
 * and nobody else can write there. Others get what they may open.
 *
 * Returns VMGRANT_GRANTED, or another code after printing why; *closed_out is 1 where the
 * rights of who runs this were not enough, and nothing was printed.
 */
int edited_file_open(struct edited_file *file, const char *command, const char *path,
		     int *closed_out);

void edited_file_release(struct edited_file *file);

#endif
