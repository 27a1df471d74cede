# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: system, vm: the installed programs.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

# Only a hang comes near it: two cores that lanes share take two thirds of it.
system_limit_s=3600

# count_pytest REPORT TIMES: add up what pytest wrote, and keep what took long; say 1 failure where
# it wrote nothing.
count_pytest() {
	/usr/bin/python3 - "$1" "$2" <<-'END'
	import sys
	import xml.etree.ElementTree as tree
	try:
	    root = tree.parse(sys.argv[1]).getroot()
	except (OSError, tree.ParseError):
	    print(0, 1, 0)
	    sys.exit()
	total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
	for suite in root.iter("testsuite"):
	    for key in total:
	        total[key] += int(suite.get(key, 0))
	with open(sys.argv[2], "a", encoding="utf-8") as times:
	    for case in root.iter("testcase"):
	        if float(case.get("time", 0)) > 1:
	            times.write(f"{case.get('time')} {case.get('classname').split('.')[-1]}"
	                        f"::{case.get('name')}\n")
	bad = total["failures"] + total["errors"]
	print(total["tests"] - bad - total["skipped"], bad, total["skipped"])
	END
}

# make_installed ACTION FOLDER: what gcc built. Lanes share its folder, where a first installation
# makes files that another one must not read while they are half written.
make_installed() {
	flock "$work/gcc.lock" make -C "$work/gcc" "$1" DESTDIR="$2"
}

# A second installation leaves the administrator's policy alone, and so does removal.
policy_survives() {
	local file=$work/kept/etc/vmgrant/acl.conf action

	mkdir -p "$(dirname "$file")" && echo '# mine' >"$file" || return 1
	for action in install uninstall; do
		make_installed "$action" "$work/kept" || return 1
		[ "$(cat "$file")" = '# mine' ] || return 1
	done
	[ "$(find "$work/kept" -type f)" = "$file" ]
}

# An installation by somebody with a generous umask: the helper would trust no
# policy in a folder that a group may write to, and nobody should its asker.
folders_closed() {
	(umask 002 && make_installed install "$work/loose") || return 1
	[ -z "$(find "$work/loose/etc/vmgrant" "$work/loose/usr/libexec/vmgrant" ! -type l \
		-perm /022 |
		tee /dev/stderr)" ]
}

# failed_tests REPORT: the names by which pytest takes them, a line each.
failed_tests() {
	/usr/bin/python3 - "$1" <<-'END'
	import sys
	import xml.etree.ElementTree as tree
	names = dict.fromkeys(f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"
	                      for case in tree.parse(sys.argv[1]).getroot().iter("testcase")
	                      if case.find("failure") is not None or case.find("error") is not None)
	print("\n".join(names))
	END
}

# run_pytest REPORT STAGE TEST...
run_pytest() {
	local report=$1 stage=$2

	shift 2
	# It sums up by itself when its time is over; timeout ends what cannot even do that.
	VMGRANT_STAGE=$stage VMGRANT_BUILD=$work/gcc VMGRANT_TEST_LIMIT_S=$system_limit_s \
		timeout -k 10 $((system_limit_s + 300)) /usr/bin/python3 -m pytest -q \
		-p no:cacheprovider --junitxml="$report" "$@"
}

# run_again NAME STAGE REPORT: those few that failed, by themselves. Machines that are busy with
# other lanes make a test fail that is none of their fault; what passes now is named at the end.
run_again() {
	local name=$1 stage=$2
	local -a tests

	mapfile -t tests < <(failed_tests "$3")
	[ ${#tests[@]} -gt 0 ] && [ ${#tests[@]} -le "$again_max" ] || return 1
	echo "once more, by themselves: ${#tests[@]}"
	run_pytest "$work/logs/pytest-$name-again.xml" "$stage" "${tests[@]}" || return 1
	printf 'passed when run again: %s\n' "${tests[@]}"
}

# system_tests NAME STAGE TEST...: what was installed under STAGE.
system_tests() {
	local name=$1 stage=$2

	shift 2
	cd "$work/src" || return
	run_pytest "$work/logs/pytest-$name.xml" "$stage" "$@"
	count_system_tests "$name" "$stage" $?
}

# count_system_tests NAME STAGE STATUS: of a run that has ended with it.
count_system_tests() {
	local name=$1 stage=$2 status=$3 report=$work/logs/pytest-$1.xml good bad skips

	read -r good bad skips < <(count_pytest "$report" "$work/times")
	# A run that was cut short has not shown anything.
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		fail "$name tests ended with status $status"
	elif [ "$bad" -gt 0 ] && run_again "$name" "$stage" "$report"; then
		good=$((good + $(failed_tests "$report" | wc -l)))
		bad=0
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + skips))
}

# One that fails once passes and is named; one that fails twice has failed, and so have many.
failing_once() {
	local place=$work/again said

	mkdir -p "$place/src" && cat >"$place/src/test_again.py" <<-'END' || return 1
	import os
	import pytest
	def test_unsteady():
	    with open("count", "a") as file:
	        file.write("x")
	    assert os.path.getsize("count") > 1
	def test_bad():
	    assert not os.environ.get("BAD")
	@pytest.mark.parametrize("number", range(4))
	def test_many(number):
	    assert not os.environ.get("MANY")
	END
	# failing [VARIABLE]: the counts, passed and failed.
	failing() {
		local work=$place passed=0 failed=0 skipped=0

		[ $# -eq 0 ] || local -x "$1=1"
		rm -f "$work/src/count" && mkdir -p "$work/logs" || return
		system_tests self "$work" test_again.py
		echo "$passed $failed"
	}
	said=$(failing)
	echo "$said"
	grep -qx 'passed when run again: test_again.py::test_unsteady' <<<"$said" &&
		[ "$(tail -n 1 <<<"$said")" = "6 0" ] &&
		[ "$(failing BAD | tail -n 1)" = "4 2" ] && [ "$(failing MANY | tail -n 1)" = "1 5" ]
}

stage_system() {
	check "a test that fails is run once more" failing_once
	[ -x "$work/gcc/vmgrant-helper" ] ||
		check "gcc build" build gcc CC=gcc --enable-werror || return
	# The library's tests and the manual's example have programs that only tests want.
	check "test programs" unit_programs gcc || return
	check "installation" make_installed install "$work/stage" || return
	check "installed policy survives" policy_survives
	check "installed folders are closed" folders_closed
	all_system_tests
}

stage_desktop() {
	check "gcc build" build gcc CC=gcc --enable-werror || return
	check "installation" make_installed install "$work/stage" || return
	cd "$work/src" || return
	system_tests desktop "$work/stage" tests/system/test_desktop.py
}

# Files whose tests spend their time waiting for limits to pass; what follows test_ in their names.
waiting="attacks_core attacks_judge_orders check disks_prompt native_names polkit usb_polkit"

# What waits runs beside the others, and is shown and counted when these have ended.
all_system_tests() {
	local log=$work/logs/waiting.log name pid status
	local -a but=() cases=() patient=()

	for name in ${VMGRANT_SYSTEM_BUT-} $waiting; do
		but+=("--ignore=tests/system/test_$name.py")
	done
	for name in $waiting; do
		[[ " ${VMGRANT_SYSTEM_BUT-} " == *" $name "* ]] ||
			patient+=("tests/system/test_$name.py")
	done
	[ -z "${VMGRANT_SYSTEM_BUT_CASES-}" ] || cases=(-k "not ($VMGRANT_SYSTEM_BUT_CASES)")
	cd "$work/src" || return
	run_pytest "$work/logs/pytest-waiting.xml" "$work/stage" "${patient[@]}" "${cases[@]}" \
		>"$log" 2>&1 &
	pid=$!
	system_tests system "$work/stage" tests/system "${but[@]}" "${cases[@]}"
	wait "$pid"
	status=$?
	cat "$log"
	count_system_tests waiting "$work/stage" "$status"
}

# It says where, and the next one runs.
hanging_vm_check() {
	local said

	said=$(VMGRANT_CHECK_LIMIT_S=1 PYTHONPATH=$work/src/tests/vm/guest /usr/bin/python3 - <<-'END'
	import checks
	def check_one():
	    """One that hangs"""
	    checks.run(["sleep", "1000"], limit_s=1000)
	def check_other():
	    """The next one"""
	checks.main(globals())
	END
	)
	echo "$said"
	grep -q '^not ok - One that hangs$' <<<"$said" &&
		grep -q '^#.*TooLong: ended after its limit of 1 s$' <<<"$said" &&
		grep -q '^#.*in run$' <<<"$said" && grep -q '^ok - The next one' <<<"$said"
}

stage_vm() {
	local log=$work/logs/vm.log

	check "a check that hangs is ended" hanging_vm_check
	debian_can_be_made "the VM" || return
	[ -x "$work/gcc/vmgrant-helper" ] ||
		check "gcc build" build gcc CC=gcc --enable-werror || return
	check "installation for the VM" make_installed install "$work/vm-stage" || return
	timeout 4700 "$work/src/scripts/vm-test" --stage "$work/vm-stage" | tee "$log"
	count_last_line "the VM" "${PIPESTATUS[0]}" "$log"
}
