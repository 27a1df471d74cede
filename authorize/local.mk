# SPDX-License-Identifier: LGPL-2.1-or-later
# The asker: one question to polkit, without any privilege.
pkglibexec_PROGRAMS += vmgrant-authorize
vmgrant_authorize_SOURCES = authorize/main.c
vmgrant_authorize_CPPFLAGS = $(AM_CPPFLAGS) $(SDBUS_CFLAGS)
vmgrant_authorize_LDADD = $(SDBUS_LIBS)
