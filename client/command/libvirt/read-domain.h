/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What libvirt's description of a domain says, by vmgrant-domain.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIBVIRT_READ_DOMAIN_H
#define VMGRANT_CLIENT_COMMAND_LIBVIRT_READ_DOMAIN_H

#include "client/domain/domain-text.h"

/*
 * A file in memory, since a description may hold secrets, with this text, from whose beginning it
 * is read. Returns its fd or a negative errno.
 */
int read_domain_file(const char *text);

/* What is in such a file, to be freed. Returns 0 or a negative errno, as small_file_read(). */
int read_domain_back(int fd, size_t most_bytes, char **text_out);

/*
 * emulator  what domain->changed is to have, or NULL
 *
 * Returns 0, with domain->error for what cannot be edited, or a negative errno: -ENOENT where
 * vmgrant-domain is not installed. Release the domain in any case.
 */
int read_domain(struct domain_text *domain, const char *xml, const char *emulator);

#endif
