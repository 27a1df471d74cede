# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The sources of this kind in all programs.
libjudge_a_SOURCES += \
	judge/kind/disk/device.c \
	judge/kind/disk/device.h \
	judge/kind/disk/disk.c \
	judge/kind/disk/judge.c \
	judge/kind/disk/judge.h \
	judge/kind/disk/name.c \
	judge/kind/disk/name.h \
	judge/kind/disk/named.c \
	judge/kind/disk/named.h \
	judge/kind/disk/object.h \
	judge/kind/disk/others.c \
	judge/kind/disk/others.h \
	judge/kind/disk/place.h \
	judge/kind/disk/rule.c \
	judge/kind/disk/use.c \
	judge/kind/disk/use.h \
	judge/kind/disk/types.h
libhelper_a_SOURCES += \
	helper/node/block.c
libcommand_a_SOURCES += \
	client/command/kind/disk/disk-option.c \
	client/command/kind/disk/disk-option.h
vmgrant_SOURCES += \
	client/command/kind/disk/ask-disk.c \
	client/command/kind/disk/ask-disk.h \
	client/command/kind/disk/attach-disk.c \
	client/command/kind/disk/check-disk.c \
	client/command/kind/disk/disk.c \
	client/command/kind/disk/disk.h \
	client/command/kind/disk/explain-disk.c \
	client/command/kind/disk/list-disks.c \
	client/command/kind/disk/run-disk.c
libwire_la_SOURCES += wire/orders/block.c
