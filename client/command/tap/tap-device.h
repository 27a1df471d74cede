/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A TAP that stays without a program that has it open. All by the rights of its owner.
 */
#ifndef VMGRANT_CLIENT_COMMAND_TAP_TAP_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_TAP_TAP_DEVICE_H

/* Each returns 0 or a negative errno. */

/* Let it stay when fd, which is a TAP's, is closed; or go with it, as it did before. */
int tap_device_keep(int fd);
int tap_device_let_go(int fd);

/*
 * Let one go that nobody has open: -EBUSY if somebody has, -EPERM if it is somebody else's,
 * -ENODEV if it is no TAP.
 */
int tap_device_remove(const char *name);

#endif
