# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: dist, the tarball and the demonstration.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

# Cheap: no optimisation, and quiet.
distcheck() {
	mkdir -p "$work/dist" && cd "$work/dist" &&
		"$work/src/configure" CFLAGS=-O0 &&
		make -j2 distcheck DISTCHECK_CONFIGURE_FLAGS=CFLAGS=-O0
}

# README's way to build, in the tree; nothing of it is wanted in a copy of that tree.
built_tree() {
	cp -a "$work/src" "$work/in-tree" && cd "$work/in-tree" &&
		./configure CFLAGS=-O0 && make -j2 && make -j2 check TESTS=
}

copy_of_built_tree() {
	source_copy "$work/src" "$work/copy" && source_copy "$work/in-tree" "$work/copy-built" &&
		diff -r "$work/copy" "$work/copy-built"
}

# What is in the tree and neither generated nor git's own must be in the tarball.
tarball_complete() {
	local made='aclocal.m4|autom4te.cache/.*|build-aux/.*|config.h.in~?|configure~?|Makefile.in'

	cd "$work/src" || return 1
	find . -type f -printf '%P\n' | grep -vE "^($made)\$" | sort >"$work/dist/in-tree"
	tar -tf "$work"/dist/vmgrant-*.tar.xz | grep -v '/$' | sed 's|^[^/]*/||' | sort \
		>"$work/dist/in-tarball"
	comm -23 "$work/dist/in-tree" "$work/dist/in-tarball" | tee "$work/dist/left-out"
	[ ! -s "$work/dist/left-out" ]
}

# The demonstration, on a machine whose /etc/vmgrant leads elsewhere. Run by linked_demo.
demo_behind_a_link() {
	mount -t overlay -o "lowerdir=/etc,upperdir=$work/etc/upper,workdir=$work/etc/work" \
		overlay /etc && rm -rf /etc/vmgrant && ln -s "$work/victim" /etc/vmgrant &&
		"$work/in-tree/scripts/demo" --guest=ipxe
}

# In a mount namespace.
linked_demo() {
	mkdir -p "$work"/etc/{upper,work} "$work/victim" && echo '# mine' >"$work/victim/acl.conf" ||
		return 1
	export work
	export -f demo_behind_a_link
	unshare --mount --propagation private bash -c demo_behind_a_link || return 1
	find "$work/victim" -mindepth 1
	[ "$(find "$work/victim" -mindepth 1)" = "$work/victim/acl.conf" ] &&
		[ "$(cat "$work/victim/acl.conf")" = '# mine' ]
}

stage_dist() {
	check "make distcheck" distcheck && check "tarball has every file" tarball_complete
	check "build inside the tree" built_tree &&
		check "a copy has nothing of that build" copy_of_built_tree &&
		check "demonstration after that build" linked_demo
}
