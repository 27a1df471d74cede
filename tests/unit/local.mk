# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Unit tests: make check

# Each is a program of its own, from the .c file of its name.
UNIT_TESTS = \
	tests/unit/test-acl-edit \
	tests/unit/test-acl-errors \
	tests/unit/test-acl-include \
	tests/unit/test-acl-judge \
	tests/unit/test-acl-model \
	tests/unit/test-acl-names \
	tests/unit/test-acl-parse \
	tests/unit/test-acl-possible \
	tests/unit/test-acl-qemu \
	tests/unit/test-acl-words \
	tests/unit/test-args \
	tests/unit/test-asker \
	tests/unit/test-audit \
	tests/unit/test-capture \
	tests/unit/test-check-tun \
	tests/unit/test-check-vfio \
	tests/unit/test-device-option \
	tests/unit/test-disk-paths \
	tests/unit/test-disk-rules \
	tests/unit/test-escape \
	tests/unit/test-hash \
	tests/unit/test-iptables-rules \
	tests/unit/test-launch \
	tests/unit/test-library \
	tests/unit/test-library-device \
	tests/unit/test-library-process \
	tests/unit/test-memlock \
	tests/unit/test-names \
	tests/unit/test-net-option \
	tests/unit/test-open-broker \
	tests/unit/test-pace \
	tests/unit/test-policy-load \
	tests/unit/test-port-alias \
	tests/unit/test-port-name \
	tests/unit/test-protocol \
	tests/unit/test-qemu \
	tests/unit/test-qemu-chain \
	tests/unit/test-qemu-files \
	tests/unit/test-qemu-lines \
	tests/unit/test-qmp \
	tests/unit/test-sandbox-calls \
	tests/unit/test-sandbox-files \
	tests/unit/test-sandbox-work \
	tests/unit/test-setup-texts \
	tests/unit/test-split \
	tests/unit/test-sysfs \
	tests/unit/test-trusted-file \
	tests/unit/test-trusted-swap \
	tests/unit/test-usb-descriptors \
	tests/unit/test-usb-disks \
	tests/unit/test-usb-find \
	tests/unit/test-usb-judge \
	tests/unit/test-vfio-find \
	tests/unit/test-vfio-judge \
	tests/unit/test-vfio-nodes
if DOMAIN_XML
UNIT_TESTS += tests/unit/test-domain-xml
endif

# Every one links the objects that the programs link. A double of a file comes before them.
# Its lists of users and groups answer as the test says.
tests_unit_test_names_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getpwnam_r,--wrap=getpwuid_r \
	-Wl,--wrap=getgrnam_r,--wrap=getgrgid_r
# Their fstat() says whose a file is.
trusted_place = tests/unit/trusted-place.c tests/unit/trusted-place.h
tests_unit_test_trusted_file_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fstat
tests_unit_test_trusted_file_SOURCES = $(trusted_place) tests/unit/test-trusted-file.c
tests_unit_test_trusted_swap_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fstat
tests_unit_test_trusted_swap_SOURCES = $(trusted_place) tests/unit/test-trusted-swap.c
# Calls of its libc fail as the test says.
tests_unit_test_sysfs_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=openat,--wrap=__openat_2 \
	-Wl,--wrap=readlinkat,--wrap=readdir,--wrap=faccessat,--wrap=read,--wrap=fdopendir
tests_unit_test_sysfs_SOURCES = tests/unit/test-sysfs.c tests/unit/tree.c tests/unit/tree.h
fake_machine = tests/unit/machine.c tests/unit/machine.h tests/unit/tree.c tests/unit/tree.h
tests_unit_test_vfio_find_SOURCES = $(fake_machine) tests/unit/test-vfio-find.c
tests_unit_test_vfio_judge_SOURCES = $(fake_machine) tests/unit/test-vfio-judge.c
tests_unit_test_vfio_nodes_SOURCES = tests/unit/test-vfio-nodes.c tests/unit/tree.c
fake_usb = tests/unit/tree.c tests/unit/tree.h tests/unit/usb-tree.c tests/unit/usb-tree.h
tests_unit_test_disk_paths_SOURCES = tests/unit/nodes.c tests/unit/test-disk-paths.c \
	tests/unit/tree.c tests/unit/tree.h
tests_unit_test_usb_disks_SOURCES = $(fake_usb) tests/unit/nodes.c tests/unit/test-usb-disks.c
tests_unit_test_usb_find_SOURCES = $(fake_usb) tests/unit/test-usb-find.c
tests_unit_test_usb_judge_SOURCES = $(fake_usb) tests/unit/nodes.c tests/unit/test-usb-judge.c

tests_unit_test_check_tun_LDADD = libcommand.a libclient.la libwire.la $(CMOCKA_LIBS)
tests_unit_test_acl_edit_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
tests_unit_test_iptables_rules_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
tests_unit_test_check_vfio_LDADD = libcommand.a libclient.la libwire.la $(CMOCKA_LIBS)
with_json = $(AM_CPPFLAGS) $(JSON_CFLAGS)
command_libraries = libcommand.a libwire.la $(JSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_device_option_CPPFLAGS = $(with_json)
tests_unit_test_device_option_LDADD = $(command_libraries)
tests_unit_test_launch_CPPFLAGS = $(with_json)
tests_unit_test_launch_LDADD = $(command_libraries)
tests_unit_test_qemu_CPPFLAGS = $(with_json)
tests_unit_test_qemu_LDADD = $(command_libraries)
tests_unit_test_qemu_chain_LDADD = $(command_libraries)
tests_unit_test_qemu_lines_LDADD = $(command_libraries)
tests_unit_test_qemu_files_LDADD = $(command_libraries)
tests_unit_test_net_option_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
tests_unit_test_open_broker_CPPFLAGS = $(AM_CPPFLAGS) -DOPENER='"$(abs_top_builddir)/tests/unit/opener"'
tests_unit_test_hash_LDADD = libcommand.a $(CMOCKA_LIBS)
tests_unit_test_domain_xml_LDADD = libdomain.a libcommand.a $(DOMAIN_XML_LIBS) $(JSON_LIBS) \
	$(CMOCKA_LIBS)
tests_unit_test_setup_texts_CPPFLAGS = $(with_json)
tests_unit_test_setup_texts_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
tests_unit_test_capture_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
tests_unit_test_split_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
tests_unit_test_open_broker_LDADD = libcommand.a libwire.la $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/opener
tests_unit_opener_CFLAGS = $(AM_CFLAGS) -pthread
tests_unit_opener_LDADD =
tests_unit_test_qmp_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_qmp_CFLAGS = $(AM_CFLAGS) -pthread
tests_unit_test_qmp_LDADD = libcommand.a libwire.la $(JSON_LIBS) $(CMOCKA_LIBS)
with_stand_in = $(AM_CPPFLAGS) -DSTAND_IN='"$(abs_top_builddir)/tests/unit/stand-in"'
tests_unit_test_library_CPPFLAGS = $(with_stand_in)
tests_unit_test_library_LDADD = libclient.la libwire.la $(CMOCKA_LIBS)
tests_unit_test_library_device_CPPFLAGS = $(with_stand_in)
tests_unit_test_library_device_LDADD = libclient.la libwire.la $(CMOCKA_LIBS)
tests_unit_test_library_process_CPPFLAGS = $(with_stand_in)
tests_unit_test_library_process_CFLAGS = $(AM_CFLAGS) -pthread
tests_unit_test_library_process_LDADD = libclient.la libwire.la $(CMOCKA_LIBS)

# What the tests of the library talk to: a helper that does whatever is wrong.
check_PROGRAMS += tests/unit/stand-in
tests_unit_stand_in_LDADD = libclient.la libwire.la

# The example in the manual is one that works.
check_PROGRAMS += doc/examples/tap
doc_examples_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/client/library
doc_examples_tap_LDADD = libvmgrant.la

LOG_COMPILER = $(SHELL) $(srcdir)/tests/unit/run-one

EXTRA_DIST += tests/unit/run-one tests/unit/acl-fixture.h tests/unit/check-fixture.h \
	tests/unit/library-fixture.h tests/unit/qemu-files-case.h tests/unit/qemu-files-text.h \
	tests/unit/qmp-peer.h tests/unit/sandbox-fixture.h \
	tests/unit/attempt-fixture.h

# For the programs that do not say what they link.
LDADD = libjudge.a libhelper.a libjudge.a libwire.la $(HELPER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_maker_LDADD = libhelper.a libinside.a $(LDADD)

# A sanitizer's runtime makes calls that the filter forbids.
if !SANITIZERS
UNIT_TESTS += tests/unit/test-maker
endif

if UNIT_TESTS
check_PROGRAMS += $(UNIT_TESTS)
TESTS = $(UNIT_TESTS)
else
check-local:
	@echo "unit tests skipped: cmocka is missing" \
		"(Debian package libcmocka-dev, Fedora package libcmocka-devel)"
endif
