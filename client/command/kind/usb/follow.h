/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A USB device that is unplugged and comes back, or comes later, for a running QEMU.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_FOLLOW_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_FOLLOW_H

#include "client/command/attach/attach.h"

/*
 * Stay until QEMU ends or a signal comes. Takes the device away in QEMU when it is
 * unplugged, and asks for it again and plugs it in when it comes back. attach holds what
 * is to be plugged in, and a connection; without a socket the connection is kept for ever.
 * Returns the exit status.
 */
int follow(struct attach *attach, enum follow_start start);

#endif
