# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The helper with a judge that is in somebody else's hand: tests/system/test_attacks_judge.py.
# That it links shows that helper/ needs nothing of judge/ but judge_run().
check_PROGRAMS += tests/attack/hostile-helper
tests_attack_hostile_helper_SOURCES = helper/main.c tests/attack/hostile-judge.c
tests_attack_hostile_helper_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(CAPNG_CFLAGS)
tests_attack_hostile_helper_LDADD = libhelper.a libinside.a libwire.la $(HELPER_LIBS)

# The helper that writes audit records, whatever the build is for: tests/system/test_audit.py.
check_PROGRAMS += tests/attack/audited-helper
tests_attack_audited_helper_SOURCES = helper/main.c
tests_attack_audited_helper_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(CAPNG_CFLAGS) -DWITH_AUDIT=1
tests_attack_audited_helper_LDADD = libjudge.a libhelper.a libinside.a libwire.la $(HELPER_LIBS)

# One system call fails, kills or stops: tests/system/faults.py. Nothing of the project is in it.
check_PROGRAMS += tests/attack/fault-injector
tests_attack_fault_injector_SOURCES = \
	tests/attack/fault-calls.c \
	tests/attack/fault-injector.c \
	tests/attack/fault-injector.h \
	tests/attack/fault-peer.c
tests_attack_fault_injector_LDADD =
