# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What builds in a sealed port's namespace: a process with no capability over the host.
noinst_LIBRARIES += libinside.a
libinside_a_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS)
libinside_a_SOURCES = \
	inside/builder.c \
	inside/builder.h \
	inside/tc.c \
	inside/tc.h
