# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The asker: one question to polkit, without any privilege.
pkglibexec_PROGRAMS += vmgrant-authorize
vmgrant_authorize_SOURCES = \
	authorize/answer-shape.c \
	authorize/answer-shape.h \
	authorize/main.c \
	authorize/polkit.c \
	authorize/polkit.h \
	authorize/question.c \
	authorize/question.h
vmgrant_authorize_CPPFLAGS = $(AM_CPPFLAGS) $(POLKIT_CFLAGS)
vmgrant_authorize_LDADD = libwire.la $(POLKIT_LIBS)
