# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The service's front: a process that starts a helper for each connection.
pkglibexec_PROGRAMS += vmgrant-listen
vmgrant_listen_SOURCES = \
	listen/capabilities.c \
	listen/capabilities.h \
	listen/main.c \
	listen/subuids.c \
	listen/subuids.h
vmgrant_listen_CPPFLAGS = $(AM_CPPFLAGS) $(CAPNG_CFLAGS)
vmgrant_listen_LDADD = libwire.la $(CAPNG_LIBS)
