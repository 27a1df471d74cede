# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The setuid program: everything that holds a capability, and nothing else.
noinst_LIBRARIES += libhelper.a
libhelper_a_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(CAPNG_CFLAGS)
libhelper_a_SOURCES = \
	helper/account.c \
	helper/account.h \
	helper/ask.c \
	helper/ask.h \
	helper/auditor.c \
	helper/auditor.h \
	helper/peer.c \
	helper/peer.h \
	helper/privileges.c \
	helper/privileges.h \
	helper/process.c \
	helper/process.h \
	helper/serve.c \
	helper/serve.h \
	helper/sets.c \
	helper/sets.h \
	helper/time-limit.c \
	helper/time-limit.h \
	helper/turn.c \
	helper/turn.h \
	helper/walk.c \
	helper/walk.h \
	helper/node/memlock.c \
	helper/node/memlock.h \
	helper/node/node.c \
	helper/node/node.h \
	helper/node/perform.h \
	helper/port/direct.c \
	helper/port/direct.h \
	helper/port/link-read.c \
	helper/port/maker.c \
	helper/port/maker.h \
	helper/port/netlink-internal.h \
	helper/port/netlink.c \
	helper/port/netlink.h \
	helper/port/netns.c \
	helper/port/netns.h \
	helper/port/port-limits.c \
	helper/port/port-limits.h \
	helper/port/port-link.c \
	helper/port/port-spec.h \
	helper/port/port.c \
	helper/port/port.h \
	helper/port/sealed.c \
	helper/port/sealed.h \
	helper/port/tun.c \
	helper/port/tun.h \
	helper/port/veth.c \
	helper/port/veth.h

pkglibexec_PROGRAMS += vmgrant-helper
vmgrant_helper_SOURCES = helper/main.c
vmgrant_helper_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(CAPNG_CFLAGS)
# Of libhelper.a the objects that libinside.a needs are there already.
vmgrant_helper_LDADD = libjudge.a libhelper.a libinside.a libwire.la $(HELPER_LIBS)

# Of the process that makes namespaces, as judge/local.mk makes the judge's.
helper/port/maker-filter.h: helper/port/maker-calls.txt judge/sandbox/generate.run
	$(AM_V_GEN)$(MKDIR_P) $(@D) && judge/sandbox/generate.run $(SECCOMP_ARCH) \
		<$(srcdir)/helper/port/maker-calls.txt >$@.new && mv $@.new $@
helper/port/libhelper_a-maker.$(OBJEXT): helper/port/maker-filter.h
CLEANFILES += helper/port/maker-filter.h helper/port/maker-filter.h.new
EXTRA_DIST += helper/port/maker-calls.txt
