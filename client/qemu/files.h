/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which files, folders, nodes and sockets a QEMU command line names.
 *
 * Runs as the person, with no privilege, and opens nothing but what -readconfig names. A
 * word of which it cannot be said whether it names a file is told, never passed over.
 */
#ifndef VMGRANT_CLIENT_QEMU_FILES_H
#define VMGRANT_CLIENT_QEMU_FILES_H

#include <stddef.h>

enum qemu_use {
	QEMU_USE_READ,
	QEMU_USE_READ_WRITE,
	/* A file that is made if it is not there, and written. A path that is a folder gets a
	 * file with a name of QEMU's choice (memory-backend-file). */
	QEMU_USE_MAKE,
	/* A socket that is made there; one that is in the way is removed first. */
	QEMU_USE_MAKE_SOCKET,
	/* A socket that is there. */
	QEMU_USE_CONNECT,
	/* All that lies below. */
	QEMU_USE_FOLDER,
	/* A program that QEMU starts. */
	QEMU_USE_RUN,
	/* Files without a name in $TMPDIR or, without it, in path. */
	QEMU_USE_TEMPORARY,
};

/* Where the text of a path stands. */
struct qemu_place {
	/* Of argv. */
	int word;
	size_t offset;
	/* 0: what stands there cannot be replaced. */
	size_t length;
};

struct qemu_file {
	/* As QEMU would open it: relative to its working folder, no longer quoted. */
	char *path;
	enum qemu_use use;
	/* "-drive". It lives as long as the program. */
	const char *option;
	/* Of an image, as the command line says; NULL: QEMU looks into the file. */
	char *format;
	/* Of an image: the name of its block node. Or NULL. */
	char *node;
	/* "/dev/fdset/N" can stand there instead. The set needs an fd of the access mode that
	 * QEMU asks for: read-write, or read-only, or both where is_auto_read_only. */
	struct qemu_place place;
	/* An image, a disk or a folder that the guest cannot write to. */
	unsigned is_read_only : 1;
	/* Opened for reading until somebody writes. */
	unsigned is_auto_read_only : 1;
	/* A disk. If it is not raw it may name further files in itself, which are not here: see
	 * client/qemu/chain.h. Is what it is based on named on the command line? */
	unsigned is_image : 1;
	unsigned is_backing_named : 1;
	/* Without a slash or not found: looked for in QEMU's data folders too. */
	unsigned is_searched : 1;
	/* Not named: the option stands for it ("-enable-kvm": /dev/kvm). */
	unsigned is_implied : 1;
	/* QEMU goes on without it. */
	unsigned is_optional : 1;
	/* A name of the abstract namespace of sockets, and no path. */
	unsigned is_abstract : 1;
	/* A log that goes on where it ended. */
	unsigned is_appended : 1;
};

/* What could not be decoded. */
struct qemu_doubt {
	/* Of argv. */
	int word;
	/* The option, and what of it is doubtful: "-device", "x-path=/dev/thing". */
	char *option;
	char *text;
	/* Static: "not known to name a file". */
	const char *why;
};

struct qemu_files {
	struct qemu_file *items;
	size_t count;
	struct qemu_doubt *doubts;
	size_t doubt_count;
};

/*
 * Find what argv, ended by NULL and beginning with the program, names. found is to be released
 * in any case. Without memory the program says so and ends, as everywhere in the command.
 */
void qemu_files_find(char *const argv[], struct qemu_files *found);

void qemu_files_release(struct qemu_files *found);

/* "read", "read-write", "make" ... */
const char *qemu_use_word(enum qemu_use use);

#endif
