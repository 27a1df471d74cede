# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# How the stages of scripts/test check and count. passed, failed and skipped are those of the
# stage at work; work is the folder of the run.

pass() {
	passed=$((passed + 1))
	echo "ok: $1"
}

# fail NAME [LOG]: the end of the log is what a reader needs first.
fail() {
	failed=$((failed + 1))
	echo "FAILED: $1"
	if [ -n "${2-}" ] && [ -f "$2" ]; then
		tail -n 40 "$2" | sed 's/^/    /'
		echo "    (all of it: $2)"
	fi
}

# check NAME COMMAND...: one check, its output in a log.
check() {
	local name=$1 log

	shift
	log=$work/logs/${name//[^a-zA-Z0-9]/-}.log
	if "$@" >"$log" 2>&1; then
		pass "$name"
	else
		fail "$name" "$log"
		return 1
	fi
}

# Of a stage's tests that failed so many are run once more: more of them are no accident.
again_max=3

# took SECONDS TEST: for the list of the slowest.
took() {
	echo "$1 $2" >>"$work/times"
}

# Of Debian's packages, by apt.
debian_can_be_made() {
	command -v apt-get >/dev/null && return
	echo "skipped: $1 is made of Debian's packages, and there is no apt here"
	skipped=$((skipped + 1))
	return 1
}

# count_last_line NAME STATUS LOG: of a program that counts last, as ours does.
count_last_line() {
	local good bad skips

	read -r good bad skips < <(
		sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$3" | tail -n 1)
	if [ -z "$good" ] || { [ "$2" -ne 0 ] && [ "$((bad + skips))" -eq 0 ]; }; then
		fail "$1 ended with status $2"
		return
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + skips))
}
