# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: text, what people read and other programs are configured by.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

shell_scripts() {
	local files

	cd "$work/src" || return 1
	mapfile -t files < <(grep -rlE '^#!/bin/(ba)?sh' .ci debian packaging scripts tests)
	# The parts that they source are judged with them.
	shellcheck --external-sources --check-sourced "${files[@]}" packaging/*/*BUILD
}

copyright_lines() {
	"$work/src/scripts/copyright" && "$work/src/scripts/wrap-manual" --check "$work"/src/doc/*.in
}

# Which other manuals this machine has is no matter.
manual_pages() {
	local page

	for page in "$work"/gcc/doc/*.[0-9]; do
		mandoc -T lint "$page" 2>&1 | grep -v -e 'referenced manual not found' \
			-e 'outdated mandoc.db' && return 1
		man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | grep . && return 1
	done
	return 0
}

translations() {
	local language

	while read -r language; do
		msgfmt --check --statistics -o /dev/null "$work/src/po/$language.po" || return 1
		msgfmt --statistics -o /dev/null "$work/src/po/$language.po" 2>&1 |
			grep -Eq 'fuzzy|untranslated' && return 1
		grep -q "xml:lang=\"$language\"" "$work/gcc/policy/org.vmgrant.policy" || return 1
	done <"$work/src/po/LINGUAS"
}

# Distributions have polkit's rules for msgfmt in different packages, or not at all.
translations_without_polkit() {
	local file

	for file in /usr/share/gettext/its/polkit.*; do
		[ ! -e "$file" ] || mount --bind /dev/null "$file" || return 1
	done
	# In a folder of its own: others install from the first one meanwhile.
	mkdir -p "$work/unaided" && cd "$work/unaided" && "$work/src/configure" >configured &&
		grep 'merge translations into polkit actions... yes' configured &&
		make policy/translated.policy && grep -q 'xml:lang=' policy/translated.policy
}

# In a mount namespace.
hidden_polkit() {
	export work
	export -f translations_without_polkit
	local -a user=()

	[ "$(id -u)" -eq 0 ] || user=(--map-root-user)
	unshare "${user[@]}" --mount --propagation private bash -c translations_without_polkit
}

# Four actions, each with vmgrant's account as its owner.
policy_file() {
	/usr/bin/python3 - "$work/gcc/policy/org.vmgrant.policy" <<-'END'
	import sys
	import xml.etree.ElementTree as tree
	owner = "org.freedesktop.policykit.owner"
	actions = tree.parse(sys.argv[1]).getroot().findall("action")
	assert [a.get("id") for a in actions] == [f"org.vmgrant.{k}" for k in ("tap", "usb", "vfio", "disk")]
	for action in actions:
	    assert [a.text for a in action.findall("annotate") if a.get("key") == owner] \
	        == ["unix-user:vmgrant"], action.get("id")
	    active = "auth_admin" if action.get("id") == "org.vmgrant.disk" else "yes"
	    assert [d.text for d in action.find("defaults")] == ["auth_admin", "auth_admin", active]
	END
}

# The policy that is installed first allows nothing and has no error.
first_policy() {
	grep -vE '^(#.*|include /etc/vmgrant/acl.d)?$' "$work/gcc/policy/acl.conf" && return 1
	return 0
}

udev_rules() {
	udevadm verify "$work"/src/udev/*.rules "$work"/gcc/udev/*.rules
}

# configure_kvm MODE: only the udev rules of that configuration, as they are installed.
configure_kvm() {
	local folder=$work/kvm-$1

	mkdir -p "$folder" && cd "$folder" &&
		"$work/src/configure" --cache-file="$work/kvm.cache" --with-kvm-mode="$1" \
			--with-udevrulesdir=/rules >configure.log 2>&1 &&
		make install-udevrulesDATA DESTDIR="$folder/stage"
}

# What each choice installs; a word that is none is no choice.
kvm_modes() {
	local mode node

	for mode in 0666 0660; do
		configure_kvm "$mode" || return 1
		for node in kvm vhost-net; do
			grep -q "^SUBSYSTEM==\"misc\", KERNEL==\"$node\", GROUP=\"kvm\", MODE=\"$mode\", " \
				"$work/kvm-$mode/stage/rules/65-vmgrant-$node.rules" || return 1
		done
		! grep -r @ "$work/kvm-$mode/stage" || return 1
	done
	configure_kvm no || return 1
	[ -z "$(find "$work/kvm-no/stage" -type f)" ] || return 1
	! configure_kvm 0777 && grep 'must be 0666, 0660 or no' "$work/kvm-0777/configure.log"
}

# A bridge that nobody gave an address takes another one with each guest.
bridges_have_addresses() {
	local word

	grep -F '(doc/bridges.md)' "$work/src/README.md" || return 1
	for word in 'NetworkManager:bridge.mac-address ' 'systemd-networkd:MACAddress=' \
		'ifupdown:bridge_hw ' 'netplan:macaddress: "'; do
		sed -n "/^## ${word%%:*}\$/,/^## [^$]/p" "$work/src/doc/bridges.md" |
			grep -E "^ +${word#*:}52:54:00:ab:cd:01" || return 1
	done
}

# QEMU gives every guest the same address.
guests_have_addresses() {
	local found

	found=$(grep -rn 'device virtio-net-[a-z]*,netdev=' "$work"/src/README.md "$work"/src/doc)
	echo "$found"
	grep -q . <<<"$found" && ! grep -v mac= <<<"$found"
}

# Every decision is on the list, and what a document points at is there.
decisions_listed() {
	local file link

	cd "$work/src/doc/decisions" || return 1
	for file in [0-9]*.md; do
		grep -qF "]($file)" README.md || { echo "README.md: $file is not listed"; return 1; }
	done
	cd "$work/src" || return 1
	grep -oE '\]\([^)#]+' ./*.md doc/*.md doc/decisions/*.md | grep -v '](http' |
		sed 's/:](/ /' | while read -r file link; do
		[ -e "$(dirname "$file")/$link" ] || { echo "$file: no $link"; return 1; }
	done
}

# As packages have them.
packaged_files() {
	make_installed install "$work/packaged" && "$work/src/scripts/packaged-files" "$work/packaged"
}

# No release is made of a version that only some files name, nor before its date.
release_refuses() {
	local said version late=$work/late
	version=$(sed -n 's/^AC_INIT(\[vmgrant\], \[\([^]]*\).*/\1/p' "$work/src/configure.ac")

	said=$("$work/src/scripts/release" 9.9.9 "$work" 2>&1)
	[ $? -eq 1 ] && [ "$said" = "scripts/release: configure.ac: AC_INIT is not of 9.9.9" ] || return 1
	said=$("$work/src/scripts/release" 9.9 2>&1)
	[ $? -eq 2 ] && grep -q 'scripts/release \[--dry-run\]' <<<"$said" || return 1
	mkdir -p "$late/scripts" && cp "$work/src/scripts/release" "$late/scripts/" &&
		cp -r "$work"/src/{configure.ac,NEWS.md,debian} "$late/" &&
		sed -i 's/^\( -- .*>  \).*/\1Thu, 01 Jan 2099 00:00:00 +0000/' "$late/debian/changelog" || return 1
	said=$("$late/scripts/release" --dry-run "$version" 2>&1)
	[ $? -eq 1 ] && grep -q "the date of $version-1 is still to come" <<<"$said"
}

pictures_current() {
	local text

	for text in processes request sealed; do
		"$work/src/scripts/draw-picture" --check "$work/src/doc/$text.txt" || return 1
	done
	"$work/src/scripts/draw-terminal" --check "$work/src/doc/demo.txt" || return 1
	"$work/src/scripts/draw-figures" --check
}

# Each link of the site leads somewhere, and nothing comes from another host.
site() {
	make -C "$work/gcc" html && "$work/src/scripts/check-site" "$work/gcc/html"
}

stage_text() {
	[ -d "$work/gcc/doc" ] || check "gcc build" build gcc CC=gcc --enable-werror || return
	check "shell scripts" shell_scripts
	check "each folder includes what it may" "$work/src/scripts/check-includes"
	check "pictures are current" pictures_current
	check "a release is of one version" release_refuses
	check "the table of attacks is current" "$work/src/scripts/attack-table" --check
	check "protocol.json is current" "$work/src/scripts/protocol-json" --check
	check "decisions and links" decisions_listed
	check "packages have every file" packaged_files
	# Printed, so that it is seen: what runs privileged has to stay small.
	"$work/src/scripts/count-code" || fail "lines of code"
	check "copyright lines and line lengths" copyright_lines
	check "manual pages" manual_pages
	# Once, on the machine that all stages run on.
	if command -v mkdocs >/dev/null; then
		check "the site of the documents" site
	fi
	check "translations" translations
	check "every message is translated" "$work/src/scripts/translate" --check
	check "translations without polkit's rules" hidden_polkit
	check "policy file" policy_file
	check "first ACL allows nothing" first_policy
	check "modes of /dev/kvm" kvm_modes
	check "guests of the examples have addresses" guests_have_addresses
	check "bridges of the recipes have addresses" bridges_have_addresses
	# udevadm has "verify" since systemd 254.
	if udevadm verify --help >/dev/null 2>&1; then
		check "udev rules" udev_rules
	fi
}
