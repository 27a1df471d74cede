# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The sources of this kind in all programs.
libjudge_a_SOURCES += \
	judge/kind/vfio/find.c \
	judge/kind/vfio/find.h \
	judge/kind/vfio/judge.c \
	judge/kind/vfio/judge.h \
	judge/kind/vfio/memlock.c \
	judge/kind/vfio/memlock.h \
	judge/kind/vfio/nodes.c \
	judge/kind/vfio/nodes.h \
	judge/kind/vfio/object.h \
	judge/kind/vfio/proc-limits.c \
	judge/kind/vfio/proc-limits.h \
	judge/kind/vfio/rule.c \
	judge/kind/vfio/vfio.c \
	judge/kind/vfio/types.h
libhelper_a_SOURCES += \
	helper/node/vfio.c
libcommand_a_SOURCES += \
	client/command/kind/vfio/check-vfio.c \
	client/command/kind/vfio/launch-vfio.c \
	client/command/kind/vfio/launch-vfio.h \
	client/command/kind/vfio/open-broker.c \
	client/command/kind/vfio/open-broker.h \
	client/command/kind/vfio/open-filter.c \
	client/command/kind/vfio/open-filter.h \
	client/command/kind/vfio/vfio-option.c \
	client/command/kind/vfio/vfio-option.h
vmgrant_SOURCES += \
	client/command/kind/vfio/ask-vfio.c \
	client/command/kind/vfio/ask-vfio.h \
	client/command/kind/vfio/explain-vfio.c \
	client/command/kind/vfio/list-vfio.c \
	client/command/kind/vfio/run-vfio.c \
	client/command/kind/vfio/vfio.c \
	client/command/kind/vfio/vfio.h
libwire_la_SOURCES += wire/orders/vfio.c
