# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test, one after the other and beside each other. A lane is a list of stages
# that follow each other; lanes run beside each other.

lanes_at_work=()

# label STAGE: before each line of a stage that others run beside.
label() {
	if [ -n "${are_beside-}" ]; then
		sed -u "s/^/$(printf '%-10s' "$1") | /"
	else
		cat
	fi
}

# run_stage STAGE: what it counted is kept in a file, because it is a process of its own.
run_stage() {
	local stage=$1 started=$SECONDS

	# What it counts is not lost: it is in the file.
	# shellcheck disable=SC2030,SC2031
	(
		passed=0 failed=0 skipped=0
		echo "== $stage"
		"stage_$stage"
		echo "$passed $failed $skipped $((SECONDS - started))" >"$work/counts/$stage"
		# Seen to be over, where lines of others stand between.
		[ -z "${are_beside-}" ] || echo "-- $stage: $passed passed, $failed failed, $skipped skipped," \
			"$((SECONDS - started)) s"
	) 2>&1 | label "$stage" | tee -a "$work/output"
}

# run_lanes LANE...
run_lanes() {
	local lane stage are_beside=

	[ $# -le 1 ] || are_beside=yes
	# Each in a process group of its own: a signal to this one's reaches the script alone, which
	# ends the others in good order.
	set -m
	for lane; do
		(
			for stage in $lane; do
				run_stage "$stage"
			done
		) </dev/null &
		lanes_at_work+=($!)
	done
	set +m
	wait "${lanes_at_work[@]}"
	lanes_at_work=()
}

descendants() {
	local child

	# The list is words.
	# shellcheck disable=SC2013
	for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
		descendants "$child"
		echo "$child"
	done
}

stop_lanes() {
	local lane

	for lane in "${lanes_at_work[@]}"; do
		# The list is words, and some of them have ended meanwhile.
		# shellcheck disable=SC2046
		kill "$lane" $(descendants "$lane") 2>/dev/null
	done
	lanes_at_work=()
}

# count_stages STAGE...: add up what they counted; one that wrote nothing did not end well.
# shellcheck disable=SC2031
count_stages() {
	local stage good bad skips seconds

	for stage; do
		if read -r good bad skips seconds 2>/dev/null <"$work/counts/$stage"; then
			passed=$((passed + good))
			failed=$((failed + bad))
			skipped=$((skipped + skips))
			stage_times+="${stage_times:+, }$stage $seconds"
		else
			fail "stage $stage did not end"
		fi
	done
}

# What failed, once more: it stands among many other lines.
print_failures() {
	local lines

	lines=$(grep -aE '^(.{10} \| )?( {4})?(FAILED|ERROR|not ok|passed when run again)[: ]' "$work/output" | grep -v '# SKIP')
	if [ -n "$lines" ]; then
		echo "what failed:"
		echo "${lines//$'\n'/$'\n'    }" | sed '1s/^/    /'
	fi
}

print_slowest() {
	if [ -s "$work/times" ]; then
		echo "the slowest tests:"
		sort -rn "$work/times" | head -n 10 | sed -E 's/^([^ ]*) (.*)/    \1 s  \2/'
	fi
}
