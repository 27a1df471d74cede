/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that nobody but root can have written.
 *
 * Judged on what was opened, never by name: every folder on the way and the
 * file itself must belong to root, must not be writable by group or others
 * and must be no symbolic link; the file must be a regular one.
 */
#ifndef VMGRANT_JUDGE_POLICY_TRUSTED_FILE_H
#define VMGRANT_JUDGE_POLICY_TRUSTED_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#define TRUSTED_FILE_MAX (4u * 1024 * 1024) /* bytes; 10,000 rules take about half of one MiB */

enum trusted_error {
	TRUSTED_OK = 0,
	TRUSTED_SYSTEM,      /* a system call failed, see error */
	TRUSTED_NOT_TRUSTED, /* there, but somebody else could have written it */
};

struct trusted_problem {
	enum trusted_error kind;
	int error;        /* errno of TRUSTED_SYSTEM */
	char reason[128]; /* a phrase for people, with the path component it is about; escaped */
};

/*
 * Open an absolute path with the rights the process has at the moment.
 *
 * kind    S_IFREG or S_IFDIR: what it has to be
 * Returns an fd that the caller owns, or -1 with *problem filled.
 */
int trusted_file_open(const char *path, mode_t kind, struct trusted_problem *problem);

/*
 * Read a whole file from its start. text_out is to be freed, is ended by a NUL
 * that length_out does not count, and is never NULL on success. A file over
 * TRUSTED_FILE_MAX, or one that changes its size meanwhile, is a problem.
 * Returns 0 or -1.
 */
int trusted_file_read(int fd, char **text_out, size_t *length_out, struct trusted_problem *problem);

#endif
