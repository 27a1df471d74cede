# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The sources of this kind in all programs.
libjudge_a_SOURCES += \
	judge/kind/usb/descriptors.c \
	judge/kind/usb/descriptors.h \
	judge/kind/usb/device.c \
	judge/kind/usb/device.h \
	judge/kind/usb/disks.c \
	judge/kind/usb/disks.h \
	judge/kind/usb/find.c \
	judge/kind/usb/find.h \
	judge/kind/usb/judge.c \
	judge/kind/usb/judge.h \
	judge/kind/usb/object.h \
	judge/kind/usb/rule.c \
	judge/kind/usb/usb.c \
	judge/kind/usb/types.h
libhelper_a_SOURCES += \
	helper/node/usb.c
libcommand_a_SOURCES += \
	client/command/kind/usb/follow-device.c \
	client/command/kind/usb/follow-device.h \
	client/command/kind/usb/launch-usb.c \
	client/command/kind/usb/launch-usb.h \
	client/command/kind/usb/usb-option.c \
	client/command/kind/usb/usb-option.h \
	client/command/kind/usb/usb-present.c \
	client/command/kind/usb/usb-present.h
vmgrant_SOURCES += \
	client/command/kind/usb/ask-usb.c \
	client/command/kind/usb/ask-usb.h \
	client/command/kind/usb/attach-usb.c \
	client/command/kind/usb/follow.c \
	client/command/kind/usb/follow.h \
	client/command/kind/usb/list-usb.c \
	client/command/kind/usb/run-follow.c \
	client/command/kind/usb/run-follow.h \
	client/command/kind/usb/run-usb.c \
	client/command/kind/usb/usb.c \
	client/command/kind/usb/usb.h
libwire_la_SOURCES += wire/orders/usb.c
