/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Shut a program in: what it needs came by fd, so it needs nothing else of the person's.
 *
 * Everything here runs without privilege. Capabilities exist only in a user namespace that the
 * person made, and are gone before the program starts.
 */
#ifndef VMGRANT_CLIENT_CONFINE_CONFINE_H
#define VMGRANT_CLIENT_CONFINE_CONFINE_H

#include <stddef.h>
#include <sys/types.h>

#include "client/confine/ids.h"

/* What the program may do with a file, or with all files of a folder. */
enum confine_access {
	CONFINE_READ = 0,
	CONFINE_RUN,   /* read, and execute */
	CONFINE_WRITE, /* read and write; in a folder also make and remove */
	CONFINE_NODE,  /* a device: read, write, ioctl */
	CONFINE_BY_FD, /* nothing by its path: it has been handed over */
};

struct confine_place {
	char *path; /* absolute */
	enum confine_access access;
	int is_needed; /* 0: may be absent */
	int judged_fd; /* what the person's process found there; -1: nothing, or not yet */
};

/* A folder that a guest may write: whatever is named below it is opened beneath it. */
struct confine_share {
	dev_t device;
	ino_t inode;
};

enum confine_level {
	CONFINE_WHOLE = 0, /* refuse to start where something cannot be had */
	CONFINE_BEST,	   /* start with what can be had, and say what cannot */
};

/* Of the program's control group. */
struct confine_limits {
	unsigned tasks;                  /* processes and threads; 0: any number */
	unsigned long long memory_bytes; /* 0: any amount */
	int are_wanted;                  /* 1: the person named one of them */
};

/* How the person sees what a QEMU shows: client/confine/viewers.h. Zeroed: not at all. */
struct confine_viewers {
	const char *protocol; /* of QEMU's add_client */
	int listen_fd;        /* where viewers connect */
	int monitor_fd;       /* a monitor of QEMU's, for these alone */
};

/*
 * What the program's process does last before it becomes the program, behind all walls. Zeroed:
 * nothing. join returns 0, or -1 and has said why; fd is its to close.
 */
struct confine_last {
	int (*join)(int fd);
	int fd;
};

/* Zeroed, then filled by its owner; confine_release(). */
struct confine {
	enum confine_level level;
	struct confine_limits limits;
	int keeps_network; /* 1: the host's network stays */
	int may_stay;	   /* 1: the program goes to the background by itself */
	struct confine_ids ids;
	char **environment; /* of the program: the words are borrowed, the list is freed */
	struct confine_viewers viewers;
	struct confine_last last;
	struct confine_place *places;
	size_t place_count;
	struct confine_share *shares;
	size_t share_count;
};

/* Add a place. Its path is copied. */
void confine_add(struct confine *confine, const char *path, enum confine_access access,
		 int is_needed);

/* A folder that a guest may write, this one or another. What is none is passed over. */
void confine_share(struct confine *confine, const char *path);

/*
 * Open a file of the person's, relative to the working folder, by a way that no guest can turn:
 * links that lie in a folder which a guest may write lead nowhere out of it, and what lies there
 * is a file, which is emptied only then. Such a folder is one that confine_share() was told,
 * or that others than the person and root may write.
 *
 * flags      as open() has them; what O_CREAT makes has mode 0600
 * share_out  NULL, or gets the folder of that kind to which the way came, to be freed in any
 *            case; left alone if there is none
 *
 * Returns an fd, or -1 with errno: EXDEV for such a link, ENXIO for what is no file there.
 */
int confine_open(struct confine *confine, const char *path, int flags, char **share_out);

/* Take away the places of which nothing is left to do: CONFINE_BY_FD. */
void confine_forget(struct confine *confine);

/* Folders before what is in them, which lies on them; and each place once, with its widest access. */
void confine_sort(struct confine *confine);

/* What a QEMU needs of the system: libraries, firmware, harmless devices. */
void confine_add_system(struct confine *confine);

void confine_release(struct confine *confine);

/*
 * Run a program shut in, and wait for it. program: its file, absolute. All fds without FD_CLOEXEC are the program's.
 *
 * This process stays: it hands on signals and ends as the program does. The program dies with
 * it. Returns the exit status, for which the reason has been said where it is not the program's.
 */
int confine_run(struct confine *confine, const char *program, char **argv);

/* From this ABI of Landlock on it keeps signals and abstract sockets in. */
#define CONFINE_LANDLOCK_SCOPES 6

/* Of this kernel's Landlock, 0: there is none. */
int confine_landlock_abi(void);

/* Is there a systemd of the person's? Returns 0, or -1 and *why_out, to be freed, says why not. */
int confine_scope_find(char **why_out);

/* "vmgrant: --confine: WHAT: WHY" on standard error. */
void confine_say(const char *what, const char *why);

/* The same with the text of an error. Returns -1. */
int confine_fail(const char *what, int error);

#endif
