# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The measuring programs: make tests/bench/NAME
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
bench_programs = \
	tests/bench/bare-port \
	tests/bench/bench-request \
	tests/bench/make-port \
	tests/bench/pump \
	tests/bench/usb-open
tests_bench_bare_port_LDADD = libwire.la
tests_bench_bench_request_LDADD = libwire.la
# Sealed against direct ports, by the helper's own code: tests/bench/bench-sealed.py.
tests_bench_make_port_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(CAPNG_CFLAGS)
tests_bench_make_port_LDADD = libhelper.a libinside.a libwire.la $(HELPER_LIBS)
tests_bench_pump_LDADD = -lpthread
# A USB node against the bare system calls: tests/vm/bench-usb.py, tests/bench/usb_requests.py.
tests_bench_usb_open_LDADD = libclient.la libwire.la
EXTRA_DIST += \
	tests/bench/bench-guest.py \
	tests/bench/bench-disks.py \
	tests/bench/bench-sealed.py \
	tests/bench/ask-doors.py \
	tests/bench/ask-peers.py \
	tests/bench/bench.py \
	tests/bench/bench_confine.py \
	tests/bench/bench_memory.py \
	tests/bench/boot-peers \
	tests/bench/guest-init \
	tests/bench/guest-traffic.c \
	tests/bench/usb_requests.py
