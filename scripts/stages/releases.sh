# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: other releases of Debian.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

# What tries each system call of the helper, or many requests: the kernel is the same there, and
# these take half of the time. `scripts/test system` in that release has all.
repeated="attacks_every_call attacks_faults attacks_lost_denies attacks_core storms"
repeated+=" attacks_conversations acl_oracle attacks_judge attacks_judge_orders usb_faults"
repeated+=" attacks_bridge"
# It makes a whole runtime.
repeated+=" flatpak"
# The same in files that have other cases.
repeated_cases="attack_11 or attack_36"

# in_release RELEASE NAME STAGE...: this script in another release of Debian, whose /var/tmp
# is a folder of ours.
in_release() {
	local release=$1 name=$2 folder=$work/$1 log=$work/logs/$1.log root status

	shift 2
	debian_can_be_made "$name" || return
	root=$("$work/src/tests/releases/build" "$release") ||
		{ fail "no root of $name"; return; }
	mkdir -m 1777 "$folder"
	source_copy "$work/src" "$folder/src" || { fail "no copy of the sources for $name"; return; }
	timeout 4800 "$work/src/tests/releases/enter" "$root" "$folder" \
		env VMGRANT_SYSTEM_BUT="$repeated" VMGRANT_SYSTEM_BUT_CASES="$repeated_cases" \
		/var/tmp/src/scripts/test "$@" | tee "$log" | sed -u 's/^/    /'
	status=${PIPESTATUS[0]}
	echo "    (there /var/tmp is $folder)"
	count_last_line "$name" "$status" "$log"
}

stage_debian13() {
	in_release trixie "Debian 13" gcc text system
}

stage_testing() {
	in_release testing "Debian testing" gcc clang
}
