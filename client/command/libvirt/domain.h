/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A domain of this person's libvirt session, by way of virsh.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIBVIRT_DOMAIN_H
#define VMGRANT_CLIENT_COMMAND_LIBVIRT_DOMAIN_H

#include "client/domain/domain-text.h"

struct domain {
	struct domain_text text; /* as it is started next, with its secrets */
	int is_running;
};

/*
 * word: its name, number or uuid. One that is gone when it ends is refused: it has no next start.
 * Returns 0, or the exit status and has said why. Release it in either case.
 */
int domain_find(struct domain *domain, const char *word);

void domain_release(struct domain *domain);

/*
 * Its description with another emulator, to be freed. Returns 0, or the exit status and has said
 * why.
 */
int domain_change(const struct domain *domain, const char *emulator, char **xml_out);

/* Give it this description. Returns 0, or the exit status and has said why. */
int domain_define(const struct domain *domain, const char *xml);

/*
 * The name of ours that starts the QEMU that this domain has now, which may be that very path.
 * Returns 0 and its path, to be freed, or the exit status and has said why.
 */
int domain_choose_wrapper(const struct domain *domain, char **path_out);

/* The QEMU that the domain's emulator, which has our name, starts. The same. */
int domain_choose_qemu(const struct domain *domain, char **path_out);

#endif
