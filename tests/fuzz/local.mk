# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Fuzz targets: make fuzzers

FUZZ_TARGETS = \
	tests/fuzz/fuzz-acl \
	tests/fuzz/fuzz-args \
	tests/fuzz/fuzz-asker \
	tests/fuzz/fuzz-limits \
	tests/fuzz/fuzz-orders \
	tests/fuzz/fuzz-protocol \
	tests/fuzz/fuzz-qemu \
	tests/fuzz/fuzz-usb \
	tests/fuzz/fuzz-vfio

judge_and_helper = libjudge.a libhelper.a libjudge.a libwire.la $(HELPER_LIBS)
tests_fuzz_fuzz_acl_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_acl_LDADD = $(judge_and_helper)
tests_fuzz_fuzz_args_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_args_LDADD = $(judge_and_helper)
tests_fuzz_fuzz_asker_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_asker_LDADD = libwire.la
tests_fuzz_fuzz_limits_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_limits_LDADD = $(judge_and_helper)
tests_fuzz_fuzz_orders_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_orders_LDADD = $(judge_and_helper)
tests_fuzz_fuzz_protocol_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_protocol_LDADD = $(judge_and_helper)
tests_fuzz_fuzz_qemu_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_qemu_LDADD = libcommand.a libwire.la $(JSON_LIBS)
tests_fuzz_fuzz_usb_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_usb_LDADD = $(judge_and_helper)
# What sysfs says stands in memory: a tree on a disk takes a hundred times as long.
tests_fuzz_fuzz_vfio_SOURCES = tests/unit/machine.c tests/unit/machine.h tests/unit/tree.h \
	tests/fuzz/memory-tree.c tests/fuzz/fuzz-vfio.c
tests_fuzz_fuzz_vfio_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) -Wl,--wrap=openat,--wrap=fstatat \
	-Wl,--wrap=readlinkat,--wrap=read,--wrap=close,--wrap=fdopendir,--wrap=closedir \
	-Wl,--wrap=directory_next
tests_fuzz_fuzz_vfio_LDADD = $(judge_and_helper)

EXTRA_PROGRAMS += $(FUZZ_TARGETS)
CLEANFILES += $(FUZZ_TARGETS)
if FUZZERS
fuzzers: $(FUZZ_TARGETS)
else
fuzzers:
	@echo "run ./configure CC=clang --enable-fuzzers first" >&2; exit 1
endif
.PHONY: fuzzers

EXTRA_DIST += tests/fuzz/corpus
