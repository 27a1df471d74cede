# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: musl, the libc of Alpine.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

# For what musl decides: names, the sandbox, descriptors, and the contract with QEMU and libvirt.
musl_tests=(contract.py acl.py acl_people.py)

# musl_build PREFIX: there is no libudev and no glib for musl here, so that vmgrant and
# vmgrant-authorize are compiled and not linked.
musl_build() {
	local prefix=$1 here="env -u PKG_CONFIG_LIBDIR pkg-config"

	mkdir -p "$work/musl" && cd "$work/musl" || return
	PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig "$work/src/configure" CC=musl-gcc \
		CPPFLAGS="-isystem $prefix/include" LDFLAGS="-L$prefix/lib -Wl,-rpath,$prefix/lib" \
		CC_FOR_BUILD=gcc PKG_CONFIG_FOR_BUILD="$here" UDEV_CFLAGS=' ' UDEV_LIBS=-ludev \
		POLKIT_CFLAGS="$($here --cflags polkit-gobject-1)" POLKIT_LIBS=-lpolkit-gobject-1 \
		--enable-werror --prefix=/usr --sysconfdir=/etc --localstatedir=/var || return
	# shellcheck disable=SC2016 # make's
	printf '%s\n' 'include Makefile' \
		'musl: vmgrant-helper vmgrant-listen libvmgrant.la $(vmgrant_OBJECTS) $(vmgrant_authorize_OBJECTS)' \
		'musl: libcommand.a $(UNIT_TESTS) tests/unit/opener tests/unit/stand-in' >musl.mk
	make -j2 -f musl.mk musl
}

# musl_stage PREFIX: what gcc's build installs, with the other helper and its libraries.
musl_stage() {
	local stage=$work/musl-stage file

	make_installed install "$stage" &&
		install -m 4755 "$work/musl/vmgrant-helper" "$stage/usr/libexec/vmgrant/" &&
		install -m 755 "$work/musl/vmgrant-listen" "$stage/usr/libexec/vmgrant/" || return
	for file in "$1"/lib/lib{nl-3,cap-ng,json-c}.so.[0-9]*; do
		cp -P "$file" "$stage/usr/lib/" || return
	done
	readelf -l "$stage/usr/libexec/vmgrant/vmgrant-helper" | grep 'ld-musl'
}

stage_musl() {
	local prefix

	debian_can_be_made "musl's libraries" || return
	[ -x "$work/gcc/vmgrant-helper" ] ||
		check "gcc build" build gcc CC=gcc --enable-werror || return
	prefix=$("$work/src/tests/musl/build") || { fail "no libraries for musl"; return; }
	check "musl build" musl_build "$prefix" || return
	# Some programs of other tests cannot be had: a module for glibc's name service.
	unit_tests musl check-TESTS check_PROGRAMS= check_DATA=
	check "installation with musl's helper" musl_stage "$prefix" || return
	system_tests musl "$work/musl-stage" "${musl_tests[@]/#/tests/system/test_}"
}
