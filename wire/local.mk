# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What two processes agree on, or both need. Position independent: the library has it, too.
noinst_LTLIBRARIES += libwire.la
libwire_la_CFLAGS = $(pic_cflags)
libwire_la_LDFLAGS = $(shared_ldflags)
libwire_la_SOURCES = \
	wire/asker/asker.c \
	wire/asker/asker.h \
	wire/orders/order-fields.c \
	wire/orders/order-fields.h \
	wire/orders/orders.c \
	wire/orders/orders.h \
	wire/port/mac.c \
	wire/port/mac.h \
	wire/port/port-alias.c \
	wire/port/port-alias.h \
	wire/port/port-name.c \
	wire/port/port-name.h \
	wire/port/port-prefix.h \
	wire/port/slots.c \
	wire/port/slots.h \
	wire/process/child.c \
	wire/process/child.h \
	wire/process/clock.c \
	wire/process/clock.h \
	wire/process/close-range.h \
	wire/process/directory.c \
	wire/process/directory.h \
	wire/process/door.c \
	wire/process/door.h \
	wire/process/fd-pass.c \
	wire/process/fd-pass.h \
	wire/process/namespace.c \
	wire/process/namespace.h \
	wire/process/own-arch.h \
	wire/protocol/cursor.c \
	wire/protocol/cursor.h \
	wire/protocol/protocol.c \
	wire/protocol/protocol.h \
	wire/record/audit.c \
	wire/record/audit.h \
	wire/record/record.c \
	wire/record/record.h \
	wire/refusal/escape.c \
	wire/refusal/escape.h \
	wire/refusal/refusal.c \
	wire/refusal/refusal.h \
	wire/refusal/reply.h
