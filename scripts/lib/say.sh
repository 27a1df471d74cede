# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What the demonstration prints. Colours only on a terminal.

say_start() {
	bold='' dim='' green='' red='' cyan='' plain=''
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
		bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' cyan=$'\e[36m'
		plain=$'\e[0m'
	fi
}

say_title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
say_step() { printf '  %s%s%s\n' "$dim" "$*" "$plain"; }
say_good() { printf '  %s✓%s %s\n' "$green" "$plain" "$*"; }
say_refused() { printf '  %s✗%s %s\n' "$red" "$plain" "$*"; }

# Show the lines of standard input, each behind a label that says whose they are.
say_lines() {
	local line
	while IFS= read -r line; do
		printf '  %s%10s |%s %s\n' "$cyan" "$1" "$plain" "$line"
	done
}

# End with one sentence. The traps that tidy up run after it.
fail() {
	printf '%sdemo: %s%s\n' "$red" "$*" "$plain" >&2
	exit 1
}

# For set -E and trap on_error ERR: no ending without a sentence.
on_error() {
	fail "an unexpected failure, status $?: $BASH_COMMAND (line ${BASH_LINENO[0]} of ${BASH_SOURCE[1]})"
}

# Run a step that is only worth reading when it fails: title, log file, command.
quietly() {
	local title=$1 log=$2 started=$SECONDS
	shift 2
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 25 "$log" | say_lines log >&2
		fail "$title did not work; the end of its output is above"
	fi
	say_step "$title: $((SECONDS - started)) s"
}
