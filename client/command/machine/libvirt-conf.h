/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The configuration of a person's libvirt session.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_LIBVIRT_CONF_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_LIBVIRT_CONF_H

#define LIBVIRT_CONF_KEY "bridge_helper"

/*
 * The folder that qemu:///session reads, to be freed; /etc/libvirt is for qemu:///system, which
 * is root's.
 */
char *libvirt_conf_folder(void);

/* The value of `bridge_helper = "VALUE"` in the line that begins there, to be freed, or NULL. */
char *libvirt_conf_helper(const char *line);

#endif
