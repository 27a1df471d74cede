# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# libvmgrant. All of it without the list of what is public: the unit tests link these objects.
noinst_LTLIBRARIES += libclient.la
libclient_la_CFLAGS = $(pic_cflags)
libclient_la_LDFLAGS = $(shared_ldflags)
libclient_la_LIBADD = libwire.la
libclient_la_SOURCES = \
	client/library/connection.c \
	client/library/connection.h \
	client/library/device.c \
	client/library/exchange.c \
	client/library/exchange.h \
	client/library/helper-process.c \
	client/library/helper-process.h \
	client/library/tap.c \
	client/library/text-agent.c \
	client/library/text-agent.h \
	client/library/vmgrant.h \
	client/library/way.c \
	client/library/way.h

lib_LTLIBRARIES += libvmgrant.la
libvmgrant_la_SOURCES =
libvmgrant_la_LIBADD = libclient.la
libvmgrant_la_DEPENDENCIES = libclient.la client/library/libvmgrant.map
# What stays the same for programs, what is new, what is gone: see libtool's manual.
libvmgrant_la_LDFLAGS = $(shared_ldflags) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(srcdir)/client/library/libvmgrant.map
include_HEADERS = client/library/vmgrant.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = client/library/vmgrant.pc
EXTRA_DIST += client/library/libvmgrant.map
