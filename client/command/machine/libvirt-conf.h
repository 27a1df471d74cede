/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The line of libvirt's qemu.conf that names the helper for bridges. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_LIBVIRT_CONF_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_LIBVIRT_CONF_H

#define LIBVIRT_CONF_KEY "bridge_helper"

/* The value of `bridge_helper = "VALUE"` in the line that begins there, to be freed, or NULL. */
char *libvirt_conf_helper(const char *line);

#endif
