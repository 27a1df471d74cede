# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What decides: no privilege. The command's check-acl and explain have it, too.
noinst_LIBRARIES += libjudge.a
libjudge_a_SOURCES = \
	judge/acl-verdict.c \
	judge/acl-verdict.h \
	judge/args.c \
	judge/args.h \
	judge/ask-polkit.c \
	judge/ask-polkit.h \
	judge/authorise.c \
	judge/authorise.h \
	judge/caller.c \
	judge/caller.h \
	judge/handover.c \
	judge/handover.h \
	judge/judge.c \
	judge/judge.h \
	judge/names.c \
	judge/names.h \
	judge/native.c \
	judge/native.h \
	judge/orders.c \
	judge/orders.h \
	judge/pace.c \
	judge/pace.h \
	judge/powerless.c \
	judge/powerless.h \
	judge/request.h \
	judge/session.c \
	judge/session.h \
	judge/sandbox/sandbox.c \
	judge/sandbox/sandbox.h \
	judge/kind/kind.h \
	judge/kind/disk-order.c \
	judge/kind/disk-order.h \
	judge/kind/kinds.c \
	judge/kind/list.h \
	judge/policy/acl.h \
	judge/policy/kind-rule.h \
	judge/policy/id.h \
	judge/policy/installed.c \
	judge/policy/installed.h \
	judge/policy/letters.c \
	judge/policy/letters.h \
	judge/policy/load.c \
	judge/policy/load.h \
	judge/policy/options.c \
	judge/policy/options.h \
	judge/policy/parse.c \
	judge/policy/qemu.c \
	judge/policy/rules.c \
	judge/policy/selectors.c \
	judge/policy/sources.c \
	judge/policy/sources.h \
	judge/policy/trusted-file.c \
	judge/policy/trusted-file.h \
	judge/policy/verdict.c \
	judge/policy/words.c \
	judge/policy/words.h \
	judge/sysfs/node.c \
	judge/sysfs/node.h \
	judge/sysfs/sysfs.c \
	judge/sysfs/sysfs.h

# The judge's seccomp filter, by a program that runs on the machine that builds: the setuid
# program does not link libseccomp.
sandbox_generate = judge/sandbox/generate.run
$(sandbox_generate): judge/sandbox/generate.c judge/sandbox/rules.c judge/sandbox/rules.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC_FOR_BUILD) $(CFLAGS_FOR_BUILD) $(SECCOMP_CFLAGS) \
		-I$(srcdir) -o $@ $(srcdir)/judge/sandbox/generate.c $(srcdir)/judge/sandbox/rules.c \
		$(LDFLAGS_FOR_BUILD) $(SECCOMP_LIBS)
judge/sandbox/filter.h: judge/sandbox/calls.txt $(sandbox_generate)
	$(AM_V_GEN)$(sandbox_generate) $(SECCOMP_ARCH) <$(srcdir)/judge/sandbox/calls.txt >$@.new \
		&& mv $@.new $@
judge/sandbox/sandbox.$(OBJEXT): judge/sandbox/filter.h
CLEANFILES += $(sandbox_generate) judge/sandbox/filter.h judge/sandbox/filter.h.new
EXTRA_DIST += judge/sandbox/calls.txt judge/sandbox/generate.c judge/sandbox/rules.c \
	judge/sandbox/rules.h
