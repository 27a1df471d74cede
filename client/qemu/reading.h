/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the readers of QEMU's options share: where they are, and where they put what they find.
 *
 * Private to client/qemu/.
 */
#ifndef VMGRANT_CLIENT_QEMU_READING_H
#define VMGRANT_CLIENT_QEMU_READING_H

#include "client/qemu/files.h"
#include "client/qemu/pairs.h"

/* Names in names, configurations in configurations. */
#define READING_DEPTH_MAX 6

/* A block node that stands on another: what it says of that one. */
struct layer {
	char *below;
	char *format;
	unsigned is_read_only : 1;
	unsigned is_backing_named : 1;
};

/* In a row of a table. */
#define FOLDER_RO QEMU_USE_FOLDER, TAKE_READ_ONLY

struct reading {
	struct qemu_files *found;
	/* The option being read, and the word of its argument. */
	const char *option;
	int word;
	unsigned depth;
	/* -snapshot: no image is written to. */
	int has_snapshot;
	struct layer *layers;
	size_t layer_count;
};

/* How a value is taken: struct file_key, and what an option's whole argument is. */
enum take {
	/* "/dev/fdset/N" can stand there. */
	TAKE_FDSET = 1 << 0,
	TAKE_SEARCHED = 1 << 1,
	TAKE_OPTIONAL = 1 << 2,
	TAKE_READ_ONLY = 1 << 3,
	TAKE_IMPLIED = 1 << 4,
	/* Looks like a path and is none, or none of this host. */
	TAKE_IGNORED = 1 << 5,
	/* "read-only" or "readonly" beside it. */
	TAKE_BY_READ_ONLY = 1 << 6,
	/* With "server" on a socket is made, otherwise there is one. */
	TAKE_BY_SERVER = 1 << 7,
	/* "FILE:FILE". */
	TAKE_COLONS = 1 << 8,
	/* "unix:PATH", "unix:path=PATH": what D-Bus and PulseAudio take. */
	TAKE_ADDRESS = 1 << 9,
	/* "no" and "" are none. */
	TAKE_NO = 1 << 10,
	TAKE_ABSTRACT = 1 << 11,
	/* QEMU appends ".in" and ".out", or nothing. */
	TAKE_PIPE = 1 << 12,
};

/* Add a file. path is copied. Returns it, until the next is added. */
struct qemu_file *reading_add(struct reading *reading, const char *path, enum qemu_use use,
			      unsigned take, struct qemu_place place);

/* Say that text, of the option being read, is not understood. */
void reading_doubt(struct reading *reading, const char *text, const char *why);
void reading_doubt_pair(struct reading *reading, const struct pair *pair);

/* Could text be the path of a file? */
int reading_is_path(const char *text);

/* Is kind, which may be NULL, of pattern: NULL, "user", or "tls-creds-*"? */
int kind_fits(const char *pattern, const char *kind);

/* The place of an argument's whole text. */
struct qemu_place reading_place(const struct reading *reading, const char *text);

/* ---- readers, in files of their names */

/* The keys and values of an option, by the group that -readconfig and -set know it as. */
void group_read(struct reading *reading, const char *group, const struct pairs *pairs);

/* The argument of an option that has a syntax of its own. */
void incoming_read(struct reading *reading, const char *argument);
void initrd_read(struct reading *reading, const char *argument);
void set_read(struct reading *reading, const char *argument);
void global_read(struct reading *reading, const struct pairs *pairs);
void vnc_read(struct reading *reading, const struct pairs *pairs);
void spice_read(struct reading *reading, const struct pairs *pairs);
/* "kvm:tcg". */
void accelerators_read(struct reading *reading, const char *list);
/* What slirp passes connections of the guest to: "tcp:HOST:PORT-cmd:PROGRAM". */
void forward_read(struct reading *reading, const char *rule);

/*
 * Take the pair of pairs whose key, from its last node on, is key, by the table: group "netdev",
 * kind "user". Returns 0 if the table does not have it.
 */
int key_read(struct reading *reading, const char *group, const char *kind, const char *key,
	     const struct pair *pair, const struct pairs *pairs);
/* Take all of them, and doubt what looks like a path and is not in the table. */
void keys_read(struct reading *reading, const char *group, const char *kind,
	       const struct pairs *pairs);
/* Add what such a thing needs without naming it: /dev/net/tun. */
void needs_read(struct reading *reading, const char *group, const char *kind,
		const struct pairs *pairs);

/* -drive and its like, and -blockdev. */
void drive_read(struct reading *reading, const struct pairs *pairs);
void blockdev_read(struct reading *reading, const struct pairs *pairs);
/* A disk's file name by itself: -hda. is_read_only: 1 for a CD. */
void image_read(struct reading *reading, const char *name, int is_read_only);
/* When all is read: what the upper nodes say about the lower. */
void layers_apply(struct reading *reading);

/* "unix:/path,server=on", "file:/path", "mon:stdio". */
void chardev_read(struct reading *reading, const char *text, struct qemu_place place);

/* A file name that may begin with a protocol: "nbd:unix:/path:exportname=x". */
struct image {
	/* As the driver says it: NULL if the name says. */
	const char *driver;
	const char *format;
	const char *node;
	enum qemu_use use;
	unsigned is_read_only : 1;
	unsigned is_auto_read_only : 1;
	unsigned is_backing_named : 1;
};
void image_name_read(struct reading *reading, const struct image *image, const char *name,
		     struct qemu_place place);
void image_add(struct reading *reading, const struct image *image, const char *path,
	       struct qemu_place place);

/* -readconfig: the groups of a file. */
void config_read(struct reading *reading, const char *path);

#endif
