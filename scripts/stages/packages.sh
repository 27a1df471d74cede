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

stage_packages() {
	check "Debian packages" build_packages "$work/packages/first" || return
	check "packages have their modes" package_modes
	check "lintian says nothing" packages_are_clean
	check "Debian packages once more" build_packages "$work/packages/second" &&
		check "packages are reproducible" packages_are_the_same
}
