# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What two processes agree on, or both need. Position independent: the library has it, too.
noinst_LTLIBRARIES += libwire.la
libwire_la_CFLAGS = $(pic_cflags)
libwire_la_LDFLAGS = $(shared_ldflags)
libwire_la_SOURCES = \
	wire/asker.c \
	wire/asker.h \
	wire/audit.c \
	wire/audit.h \
	wire/child.c \
	wire/child.h \
	wire/clock.c \
	wire/clock.h \
	wire/close-range.h \
	wire/cursor.c \
	wire/cursor.h \
	wire/directory.c \
	wire/directory.h \
	wire/door.c \
	wire/door.h \
	wire/escape.c \
	wire/escape.h \
	wire/fd-pass.c \
	wire/fd-pass.h \
	wire/mac.c \
	wire/mac.h \
	wire/namespace.c \
	wire/namespace.h \
	wire/order-fields.c \
	wire/order-fields.h \
	wire/orders.c \
	wire/orders.h \
	wire/own-arch.h \
	wire/port-alias.c \
	wire/port-alias.h \
	wire/port-name.c \
	wire/port-name.h \
	wire/port-prefix.h \
	wire/protocol.c \
	wire/protocol.h \
	wire/record.c \
	wire/record.h \
	wire/refusal.c \
	wire/refusal.h \
	wire/reply.h \
	wire/slots.c \
	wire/slots.h
