# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What the system tests run or load besides the installation: built by make check.
check_PROGRAMS += tests/system/sandbox-probe
tests_system_sandbox_probe_LDADD = libjudge.a libwire.la

# A name-service module; libtool would give it another name.
check_DATA = tests/system/libnss_record.so.2
tests/system/libnss_record.so.2: tests/system/nss-record.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(CPPFLAGS) $(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) \
		-fPIC -shared -o $@ $(srcdir)/tests/system/nss-record.c $(LDFLAGS)

# A plugin of QEMU's, likewise.
check_DATA += tests/system/qemu-escape.so
tests/system/qemu-escape.so: tests/system/qemu-escape.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(CPPFLAGS) $(STD_CFLAGS) $(WARN_CFLAGS) $(CFLAGS) \
		-fPIC -shared -o $@ $(srcdir)/tests/system/qemu-escape.c $(LDFLAGS)

CLEANFILES += $(check_DATA)

check_PROGRAMS += tests/system/policy-judge
tests_system_policy_judge_LDADD = libjudge.a libwire.la

check_PROGRAMS += tests/system/qemu-files
tests_system_qemu_files_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
tests_system_qemu_files_LDADD = libcommand.a libwire.la $(JSON_LIBS)
