/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A root folder that has the named places and nothing else.
 */
#ifndef VMGRANT_CLIENT_CONFINE_ROOT_H
#define VMGRANT_CLIENT_CONFINE_ROOT_H

#include "client/confine/confine.h"

/* The folders in which the program may make files: they are in memory and go with it. */
#define CONFINE_SCRATCH { "/tmp", "/var/tmp" }

/* Without a folder in this one libusb gives up, although it gets its devices open. */
#define CONFINE_USB_NODES "/dev/bus/usb"

/*
 * Make it and go there. The fd of a place of which the program gets a copy becomes the copy's.
 *
 * For process 1 of new mount and process namespaces, with all
 * capabilities over them and the program's id. Returns 0 or -1, and has said why.
 */
int confine_root_enter(const struct confine *confine, int *fds, const char *folder);

#endif
