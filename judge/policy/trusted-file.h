/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files that nobody but root can have written.
 *
 * A path is walked name by name, and what was opened is judged, never a name:
 *
 *   - every folder, link and file on the way belongs to root;
 *   - no folder and no file may be written by its group or by others;
 *   - a symbolic link of root's is followed. Where a link leads, a folder on the
 *     way may be one that others may add to if it is sticky: the kernel lets
 *     nobody else remove or rename what is root's in there. So are the stores of
 *     NixOS and Guix. What is found in such a folder must be no mount point (its
 *     file system could say what it likes about owners) and, where everyone may
 *     add to it, have no second name (anyone could have made that one);
 *   - the path that was given has no "..", and what it ends at is a regular file,
 *     or a folder to which nobody else can add.
 *
 * Who opens is not who judges: the steps of a walk may be another process's,
 * which passes the descriptors.
 */
#ifndef VMGRANT_JUDGE_POLICY_TRUSTED_FILE_H
#define VMGRANT_JUDGE_POLICY_TRUSTED_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#define TRUSTED_FILE_MAX (4u * 1024 * 1024) /* bytes; 10,000 rules take about half of one MiB */
#define TRUSTED_LINKS_MAX 40u               /* on one way, as in the kernel */

enum trusted_error {
	TRUSTED_OK = 0,
	TRUSTED_SYSTEM,      /* a system call failed, see error */
	TRUSTED_NOT_OPENED,  /* opening something by its name failed, see error */
	TRUSTED_IS_FOLDER,   /* there and root's, but a folder instead of a file */
	TRUSTED_NOT_TRUSTED, /* there, but somebody else could have written it */
};

struct trusted_problem {
	enum trusted_error kind;
	int error;        /* errno of TRUSTED_SYSTEM and TRUSTED_NOT_OPENED */
	char reason[224]; /* a phrase for people, with the path that it is about; escaped */
};

/*
 * The steps of a walk. Each is one open(2) with the rights of whoever takes the step,
 * and returns a descriptor that the walker owns and closes, or -1 with errno.
 *
 * folder_fd is always the folder that start() or enter() returned last: what a
 * process that takes the steps for another has to remember is one descriptor.
 * name is one name, 1 to 255 bytes, without '/', never ".." and, but in open(),
 * never ".".
 */
struct trusted_walk {
	void *context;
	/* "/", as a place: O_PATH. */
	int (*start)(void *context);
	/* What has that name, as a place: O_PATH | O_NOFOLLOW, so that a link is the link itself. */
	int (*enter)(void *context, int folder_fd, const char *name);
	/*
	 * The same readable: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, a FIFO must not
	 * stop the program. kind is S_IFREG, or S_IFDIR; then name is ".".
	 */
	int (*open)(void *context, int folder_fd, const char *name, mode_t kind);
};

/* With the rights that this process has at the moment. */
extern const struct trusted_walk trusted_walk_own;

/*
 * Walk an absolute path and open what it leads to.
 *
 * kind    S_IFREG or S_IFDIR: what it has to be; 0: one of the two
 * Returns an fd that the caller owns, or -1 with *problem filled.
 */
int trusted_walk_open(const struct trusted_walk *walk, const char *path, mode_t kind,
		      struct trusted_problem *problem);

/* trusted_walk_open() with the rights that the process has at the moment. */
int trusted_file_open(const char *path, mode_t kind, struct trusted_problem *problem);

/*
 * Read a whole file from its start. text_out is to be freed, is ended by a NUL
 * that length_out does not count, and is never NULL on success. A file over
 * TRUSTED_FILE_MAX, or one that changes its size meanwhile, is a problem.
 * Returns 0 or -1.
 */
int trusted_file_read(int fd, char **text_out, size_t *length_out, struct trusted_problem *problem);

#endif
