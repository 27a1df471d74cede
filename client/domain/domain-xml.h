/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What libvirt's description of a domain says, and the same with another emulator. Pure.
 *
 * It is read as libvirt reads it: as XML, however its lines are broken, whatever its quotes and
 * prefixes are. A DOCTYPE, and with it every entity of its own, is refused before it is read;
 * nothing comes from another file or the network, and libxml2's own limits hold.
 */
#ifndef VMGRANT_CLIENT_DOMAIN_DOMAIN_XML_H
#define VMGRANT_CLIENT_DOMAIN_DOMAIN_XML_H

#include <stddef.h>

#include "client/domain/domain-text.h"

/*
 * domain    release it in any case
 * emulator  the path that domain->changed has; NULL: it is for reading alone
 *
 * In domain->changed all else stays: lines, comments, what we do not know. Quotes and empty
 * elements are written one way, as they are in domain->xml.
 */
void domain_xml_read(struct domain_text *domain, const char *xml, size_t length,
		     const char *emulator);

#endif
