/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * /dev/kvm for a confined QEMU, whose user is in no group that the node belongs to.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_KVM_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_KVM_H

struct run;

/*
 * Where QEMU's words want KVM, and only the person may open it, let them name the node: it is
 * handed over as every file that they name. A QEMU that cannot be told is told of.
 */
void confine_kvm_name(struct run *run);

#endif
