# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stage of scripts/test: Debian's packages, built twice from a clean tree.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

# build_packages FOLDER: with a fixed time, in a folder whose name is the same each time.
build_packages() {
	rm -rf "$work/packages/vmgrant" && mkdir -p "$work/packages" "$1" &&
		source_copy "$top" "$work/packages/vmgrant" && cd "$work/packages/vmgrant" &&
		DEB_BUILD_OPTIONS="nocheck parallel=2" dpkg-buildpackage -us -uc -b &&
		mv "$work"/packages/*.deb "$work"/packages/*.changes "$work"/packages/*.buildinfo "$1"
}

# The setuid bit is a tag that has its reason in an override; nothing else may be said.
packages_are_clean() {
	local said

	said=$(lintian --pedantic --allow-root --fail-on none "$work"/packages/first/*.changes)
	echo "$said"
	[ -z "$said" ]
}

packages_are_the_same() {
	local file

	for file in "$work"/packages/first/*.deb; do
		cmp "$file" "$work/packages/second/${file##*/}" || return 1
	done
}

# What a package holds, as a root would find it.
package_modes() {
	local first=$work/packages/first

	dpkg-deb -c "$first"/vmgrant_*.deb | tee "$work/packages/list"
	grep -Eq '^-rwsr-xr-x root/root .* ./usr/libexec/vmgrant/vmgrant-helper$' \
		"$work/packages/list" &&
		grep -Eq '^drwxr-x--- root/root .* ./etc/vmgrant/$' "$work/packages/list" &&
		grep -Eq '^-rw-r----- root/root .* ./etc/vmgrant/acl.conf$' "$work/packages/list" &&
		[ "$(grep -c '^-rws' "$work/packages/list")" -eq 1 ]
}

# in_layer COMMAND: in this machine's root with a layer over it, which goes with the command, and in
# a network of its own. Not by chroot, in which the kernel makes no user namespace.
# Those words are for other shells:
# shellcheck disable=SC2016
in_layer() {
	local layer=$work/packages/layer

	mkdir -p "$layer" && unshare --mount --net --propagation private bash -eu -c '
		mount -t tmpfs layer "$1"
		mkdir "$1/upper" "$1/work" "$1/root"
		mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
		mount --rbind /proc "$1/root/proc"
		mount --rbind /dev "$1/root/dev"
		mount -t sysfs none "$1/root/sys"
		mkdir -p "$1/root/run/debs"
		cp "$2"/vmgrant_*.deb "$2"/libvmgrant0_*.deb "$1/root/run/debs"
		mkdir "$1/root/run/more"
		cp "$2"/vmgrant-service_*.deb "$2"/libvmgrant-dev_*.deb "$3" "$1/root/run/more"
		command=$4
		cd "$1/root"
		mkdir -p mnt/before
		pivot_root . mnt/before
		umount -l /mnt/before
		exec bash -eux -c "$command"
	' layer "$layer" "$work/packages/first" "$top/debian/tests/demo" "$1"
}

# What an administrator chose stays when the package is installed again; what the package did
# goes with it.
package_lives() {
	# Not for this shell:
	# shellcheck disable=SC2016
	in_layer '
		export DEBIAN_FRONTEND=noninteractive
		helper=/usr/libexec/vmgrant/vmgrant-helper
		place=/usr/lib/qemu/qemu-bridge-helper
		divert=/usr/libexec/vmgrant/divert-bridge-helper
		dpkg -i --force-depends /run/debs/*.deb
		[ "$(stat -c "%a %U" "$helper")" = "4755 root" ]
		[ "$(stat -c "%a %U:%G" /etc/vmgrant/acl.conf)" = "640 root:vmgrant" ]
		vmgrant check-acl
		[ -e /etc/apparmor.d/vmgrant-helper ]
		[ -e /etc/apparmor.d/local/vmgrant-helper ]
		dpkg-statoverride --update --add root tty 4750 "$helper"
		dpkg -i --force-depends /run/debs/vmgrant_*.deb
		[ "$(stat -c "%a %G" "$helper")" = "4750 tty" ]
		dpkg-statoverride --remove "$helper"
		changed=$(stat -c %z /usr/bin/vmgrant)
		dpkg-trigger --by-package=qemu-system-x86 /usr/bin/qemu-system-x86_64
		dpkg --force-depends --triggers-only vmgrant
		[ "$(stat -c %z /usr/bin/vmgrant)" != "$changed" ]
		mkdir -p "${place%/*}"
		rm -f "$place"
		echo theirs >"$place"
		"$divert" add
		"$divert" add
		"$place" --version | grep vmgrant-helper
		"$divert" remove
		"$divert" remove
		grep -x theirs "$place"
		"$divert" add
		dpkg -i --force-depends /run/more/vmgrant-service_*.deb
		wanted=/etc/systemd/system/sockets.target.wants/vmgrant.socket
		[ ! -L "$wanted" ]
		SYSTEMD_OFFLINE=1 systemctl enable vmgrant.socket
		[ -L "$wanted" ]
		[ -e /run/vmgrant/lock ]
		dpkg --purge --force-depends vmgrant-service vmgrant
		[ ! -L "$wanted" ]
		[ ! -e /run/vmgrant ]
		grep -x theirs "$place"
		[ ! -e "$place.qemu" ]
		[ ! -e /etc/apparmor.d/vmgrant-helper ]
		[ ! -e /etc/apparmor.d/local/vmgrant-helper ]
		[ ! -e /etc/vmgrant ]
		[ ! -e /usr/libexec/vmgrant ]'
}

# What autopkgtest runs.
package_demo() {
	in_layer '
		export DEBIAN_FRONTEND=noninteractive
		dpkg -i --force-depends /run/debs/*.deb /run/more/*.deb
		bash /run/more/demo'
}

stage_packages() {
	check "Debian packages" build_packages "$work/packages/first" || return
	check "packages have their modes" package_modes
	check "lintian says nothing" packages_are_clean
	check "the package keeps choices and takes its own away" package_lives
	check "the package's own test passes" package_demo
	check "Debian packages once more" build_packages "$work/packages/second" &&
		check "packages are reproducible" packages_are_the_same
}
