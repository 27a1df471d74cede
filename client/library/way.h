/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which way leads to a helper: the setuid program, or the service's socket.
 */
#ifndef VMGRANT_CLIENT_LIBRARY_WAY_H
#define VMGRANT_CLIENT_LIBRARY_WAY_H

enum way {
	WAY_SETUID = 1, /* start the program */
	WAY_SOCKET,     /* connect to the service */
};

/*
 * flags: enum vmgrant_connect_flag. Without one of them the environment's VMGRANT_DOOR
 * ("setuid", "socket", "auto") decides, then what can help: the service only where the
 * program cannot, because it is not there or not setuid, or setuid has no effect on this
 * process. A helper that the program names by path is always started.
 *
 * helper  path that the program named, or NULL
 */
enum way way_choose(const char *helper, unsigned flags);

/*
 * Connect to the service's socket: SOCK_SEQPACKET, close-on-exec. Returns the fd, which is
 * the caller's, or -errno.
 */
int way_connect(void);

#endif
