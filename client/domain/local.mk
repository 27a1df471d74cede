# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What reads and edits libvirt's descriptions of domains: the one program with libxml2.
if DOMAIN_XML
pkglibexec_PROGRAMS += vmgrant-domain
noinst_LIBRARIES += libdomain.a
endif
libdomain_a_SOURCES = \
	client/domain/domain-xml.c \
	client/domain/domain-xml.h
libdomain_a_CPPFLAGS = $(AM_CPPFLAGS) $(DOMAIN_XML_CFLAGS)
vmgrant_domain_SOURCES = client/domain/main.c
vmgrant_domain_LDADD = libdomain.a libcommand.a $(DOMAIN_XML_LIBS) $(JSON_LIBS)
