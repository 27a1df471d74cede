/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant-domain found in libvirt's description of a domain, and how it tells vmgrant.
 */
#ifndef VMGRANT_CLIENT_DOMAIN_DOMAIN_TEXT_H
#define VMGRANT_CLIENT_DOMAIN_DOMAIN_TEXT_H

#include "client/text/text.h"

/* No longer text passes through libvirt's own protocol: its REMOTE_STRING_MAX. */
#define DOMAIN_XML_BYTES_MAX (4u * 1024 * 1024)

/* NULL: it has none. */
struct domain_text {
	char *error;   /* why it cannot be edited: "has no ..."; NULL: it can */
	char *xml;     /* whole, written as changed is */
	char *changed; /* the same with the emulator that was asked for */
	char *name, *uuid;
	char *emulator;     /* its path */
	char *architecture; /* "x86_64" */
	char *machine;      /* "pc-q35-9.2" */
	int has_variables;  /* VMGRANT or VMGRANT_FILE is in its <qemu:env> */
	/*
	 * What its network cards on bridges ask for and libvirt's sessions take without a word
	 * and give nothing for: "<vlan>", each once.
	 */
	struct words dropped;
};

void domain_text_release(struct domain_text *domain);

/* As JSON, to be freed. */
char *domain_text_encode(const struct domain_text *domain);

/* Returns 0, or -1 for what is none of it. Release it in either case. */
int domain_text_decode(struct domain_text *domain, const char *json);

#endif
