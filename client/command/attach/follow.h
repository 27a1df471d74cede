/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant attach --follow: a USB device that is unplugged and comes back.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ATTACH_FOLLOW_H
#define VMGRANT_CLIENT_COMMAND_ATTACH_FOLLOW_H

#include "client/command/attach/attach.h"

/*
 * Stay until QEMU ends or a signal comes. Takes the device away in QEMU when it is
 * unplugged, and asks for it again and plugs it in when it comes back. attach holds a
 * device that is plugged in. Returns the exit status.
 */
int follow(struct attach *attach);

#endif
