/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which door the helper was started through: all that it reads of its command line.
 *
 * The judge reads the rest, and refuses what is wrong with it. Pure.
 */
#ifndef VMGRANT_WIRE_PROCESS_DOOR_H
#define VMGRANT_WIRE_PROCESS_DOOR_H

enum door_kind {
	DOOR_NONE = 0, /* --help and the like, and what is no request */
	DOOR_DROP_IN,  /* "--br=BRIDGE --fd=N": one TAP over a SOCK_STREAM socket */
	DOOR_NATIVE,   /* "--fd=N" alone: requests over a SOCK_SEQPACKET socket */
	DOOR_SERVICE,  /* "--service": the same, over a connection that systemd accepted */
};

/* Where systemd puts the first descriptor of a service. */
#define DOOR_SERVICE_FD 3

struct door {
	enum door_kind kind;
	int fd;     /* 3 or more, not yet known to be open; -1 with DOOR_NONE */
	int by_pid; /* "--service=by-pid": a process number will do where there is no pidfd */
};

struct door door_find(int argc, char *const argv[]);

/*
 * The number of a descriptor as QEMU and libvirt print it: decimal digits only. -1 if it is
 * none, or one of 0 to 2: a caller that closed them would get its own terminal.
 */
int door_parse_fd(const char *text);

#endif
