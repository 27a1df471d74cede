/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What libvirt's description of a domain says, as virsh dumpxml prints it. Pure.
 *
 * libvirt writes each element on a line of its own, two blanks deeper than the one around it, and
 * none of a person's text can look like one of those lines. What is not written so is not guessed.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIBVIRT_DOMAIN_TEXT_H
#define VMGRANT_CLIENT_COMMAND_LIBVIRT_DOMAIN_TEXT_H

#include "client/text/text.h"

struct domain_text {
	char *name, *uuid;
	char *emulator;     /* its path */
	char *architecture; /* "x86_64" */
	char *machine;      /* "pc-q35-9.2" */
	int has_variables;  /* VMGRANT or VMGRANT_FILE is in its <qemu:env> */
};

/* Returns NULL, or what cannot be read, as a phrase. Release it in either case. */
const char *domain_text_read(struct domain_text *domain, const char *xml);

void domain_text_release(struct domain_text *domain);

/* The same description with another emulator, to be freed; NULL: it has none. */
char *domain_text_with_emulator(const char *xml, const char *path);

/*
 * What its network cards on bridges ask for and libvirt's sessions take without a word and
 * give nothing for: "<vlan>", each once.
 */
void domain_text_find_dropped(const char *xml, struct words *dropped);

#endif
