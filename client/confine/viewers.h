/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Who looks at the display of a QEMU that is shut in.
 *
 * QEMU cannot make a socket where the person would find it. So the person's process has one,
 * and hands each connection to QEMU over a monitor that is there for nothing else. What QEMU
 * answers is thrown away unread: there is nothing in it that could be believed.
 */
#ifndef VMGRANT_CLIENT_CONFINE_VIEWERS_H
#define VMGRANT_CLIENT_CONFINE_VIEWERS_H

#include "client/confine/confine.h"

/* Make QEMU's monitor take orders. Nothing to do where there is no display. */
void viewers_begin(struct confine_viewers *viewers);

/* Somebody connects to listen_fd. */
void viewers_accept(struct confine_viewers *viewers);

/* QEMU has said something on monitor_fd, or is gone. */
void viewers_drain(struct confine_viewers *viewers);

#endif
