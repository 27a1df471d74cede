# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The sources of this kind in all programs.
libjudge_a_SOURCES += \
	judge/kind/bridge/bridge.c \
	judge/kind/bridge/links.c \
	judge/kind/bridge/links.h \
	judge/kind/bridge/refusals.c \
	judge/kind/bridge/refusals.h \
	judge/kind/bridge/rule.c \
	judge/kind/bridge/rules.c \
	judge/kind/bridge/rules.h
libcommand_a_SOURCES += \
	client/command/kind/bridge/launch-card.c \
	client/command/kind/bridge/launch-card.h \
	client/command/kind/bridge/net-device.c \
	client/command/kind/bridge/net-device.h \
	client/command/kind/bridge/net-option.c \
	client/command/kind/bridge/net-option.h
vmgrant_SOURCES += \
	client/command/kind/bridge/attach-card.c \
	client/command/kind/bridge/bridge.c \
	client/command/kind/bridge/bridge.h \
	client/command/kind/bridge/card.c \
	client/command/kind/bridge/card.h \
	client/command/kind/bridge/list-bridges.c \
	client/command/kind/bridge/run-card.c
