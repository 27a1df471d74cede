# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The guest of the demonstration: a Linux kernel and one busybox that asks for
# an address and fetches a page; iPXE, which needs no files, where no Linux
# kernel can be had.

# Why there is no Linux guest.
# shellcheck disable=SC2034
guest_why=''

guest_modules='virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci
	failover net_failover dimlib virtio_net'

# guest_make_linux DIR [INIT]: make DIR/kernel and DIR/initrd, whose program is INIT.
# Returns 1, with the reason in guest_why, if it cannot.
guest_make_linux() {
	local dir=$1
	guest_why=''
	mkdir -p "$dir/tree/bin" "$dir/tree/lib" "$dir/tree/modules" || return 1
	case $(uname -m) in
	x86_64) ;;
	*) guest_why='this is no x86_64 machine' && return 1 ;;
	esac
	guest_find_kernel "$dir" || return 1
	guest_copy_busybox "$dir/tree" || return 1
	guest_copy_modules "$dir/modules" "$dir/tree/modules" || return 1
	install -m 0755 "${2:-${BASH_SOURCE[0]%/*}/guest-init}" "$dir/tree/init"
	(cd "$dir/tree" && find . | guest_cpio | gzip -1) >"$dir/initrd" ||
		{ guest_why='the initrd could not be packed' && return 1; }
}

# The running system's kernel if its file is here, another one that is, else the
# distribution's small one.
guest_find_kernel() {
	local dir=$1 release file
	release=$(uname -r)
	for file in "/boot/vmlinuz-$release" "/lib/modules/$release/vmlinuz" /boot/vmlinuz-*; do
		case $file in
		/boot/vmlinuz-*) release=${file#/boot/vmlinuz-} ;;
		esac
		if ! [ -r "$file" ] || ! [ -d "/lib/modules/$release/kernel" ]; then
			continue
		fi
		cp "$file" "$dir/kernel" && ln -s "/lib/modules/$release/kernel" "$dir/modules"
		return
	done
	guest_fetch_kernel "$dir"
}

# Debian's kernel for virtual machines, unpacked and not installed.
guest_fetch_kernel() {
	local dir=$1 package
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		awk '/Depends: linux-image/ { print $2; exit }')
	[ -n "$package" ] || { guest_why='no kernel package was found' && return 1; }
	say_step "fetching $package, unpacked and not installed"
	(cd "$dir" && apt-get -qq -o APT::Sandbox::User=root download "$package") >/dev/null 2>&1 ||
		{ guest_why="$package could not be downloaded" && return 1; }
	dpkg-deb --fsys-tarfile "$dir"/linux-image-*.deb |
		tar -x -C "$dir" --wildcards '*/boot/vmlinuz-*' '*/virtio*.ko*' '*/*failover.ko*' \
			'*/dim*.ko*' 2>/dev/null || true
	rm -f "$dir"/linux-image-*.deb
	mv "$dir"/boot/vmlinuz-* "$dir/kernel" 2>/dev/null ||
		{ guest_why="$package holds no kernel" && return 1; }
	set -- "$dir"/lib/modules/*/kernel "$dir"/usr/lib/modules/*/kernel
	[ -d "$1" ] || shift
	mv "$1" "$dir/modules"
}

# busybox may be linked statically or not: what it needs goes along.
guest_copy_busybox() {
	local tree=$1 library
	cp "$(command -v busybox)" "$tree/bin/busybox" 2>/dev/null ||
		{ guest_why='busybox is missing' && return 1; }
	for library in $(ldd "$tree/bin/busybox" 2>/dev/null | grep -o '/[^ ]*' || true); do
		mkdir -p "$tree${library%/*}" && cp "$library" "$tree$library"
	done
}

# A module that is not there is built in, or not needed by this kernel's version.
guest_copy_modules() {
	local from=$1 to=$2 name file
	for name in $guest_modules; do
		file=$(find "$from/" -name "$name.ko*" -print -quit)
		case $file in
		*.ko) cp "$file" "$to/" ;;
		*.xz) busybox xz -dc "$file" >"$to/$name.ko" ;;
		*.zst) zstd -qdc "$file" >"$to/$name.ko" ;;
		*.gz) gzip -dc "$file" >"$to/$name.ko" ;;
		esac || { guest_why="$file could not be unpacked" && return 1; }
	done
}

guest_cpio() {
	if command -v cpio >/dev/null; then
		cpio -o -H newc 2>/dev/null
	else
		busybox cpio -o -H newc 2>/dev/null
	fi
}

# What iPXE runs when it has fetched it over HTTP.
guest_write_ipxe() {
	printf '#!ipxe\n'
	sed 's/^/echo It says: /' "$1"
	printf 'exit\n'
}

# iPXE draws for a terminal: keep the lines that tell the story.
guest_tidy_ipxe() {
	sed -u -e 's/\r//g' -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/.*\x08//' |
		grep --line-buffered -E '^(iPXE .*starting|Configuring|net0: [0-9]|http:|It says: |.*\[script\])'
}
