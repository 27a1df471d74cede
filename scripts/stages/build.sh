# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: what compiles, and its unit tests.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

# build FOLDER CONFIGURE-ARGUMENT...
build() {
	local folder=$work/$1

	shift
	mkdir -p "$folder" && cd "$folder" &&
		"$work/src/configure" --prefix=/usr --sysconfdir=/etc --localstatedir=/var "$@" &&
		make -j2
}

# show_failures FOLDER: pass on what `make check` prints of tests, and for those that fail what
# they said, at once.
show_failures() {
	local line log

	while read -r line; do
		case $line in
		FAIL:* | ERROR:* | XPASS:*)
			log=$1/${line#*: }.log
			echo "$line"
			# What stands before a line that says "not ok" tells why.
			{ grep -B 5 '^not ok [0-9]*' "$log" || tail -n 20 "$log"; } | sed 's/^/    /'
			;;
		esac
	done
}

# unit_tests FOLDER [MAKE-ARGUMENT...]: those that make runs for "check", or for these arguments.
unit_tests() {
	local folder=$1

	shift
	[ $# -gt 0 ] || set -- check
	make_unit_tests "$folder" "$@"
	if [ ! -e "$work/$folder/test-suite.log" ]; then
		fail "unit tests do not build ($folder)" "$work/logs/unit-$folder.log"
		return 1
	fi
	run_units_again "$folder" "$@"
	count_unit_tests "$work/$folder"
}

# make_unit_tests FOLDER MAKE-ARGUMENT...
make_unit_tests() {
	local folder=$1

	shift
	make -C "$work/$folder" -j2 "$@" 2>&1 | tee -a "$work/logs/unit-$folder.log" |
		show_failures "$work/$folder"
}

# failed_units FOLDER: the programs in which a test failed, a line each.
failed_units() {
	(cd "$1" && grep -lE '^:global-test-result: (FAIL|ERROR)' tests/unit/*.trs) | sed 's/[.]trs$//'
}

# run_units_again FOLDER MAKE-ARGUMENT...: those few that failed, as the system's tests are.
run_units_again() {
	local folder=$1 program
	local -a before after

	shift
	mapfile -t before < <(failed_units "$work/$folder")
	[ ${#before[@]} -gt 0 ] && [ ${#before[@]} -le "$again_max" ] || return 0
	echo "once more, by themselves: ${before[*]}"
	make_unit_tests "$folder" "$@" TESTS="${before[*]}"
	mapfile -t after < <(failed_units "$work/$folder")
	for program in "${before[@]}"; do
		[[ " ${after[*]} " == *" $program "* ]] || echo "passed when run again: $program ($folder)"
	done
}

# unit_programs FOLDER: build the unit tests without running them.
unit_programs() {
	make -C "$work/$1" -j2 check TESTS=
}

# Count the TAP lines of a folder's unit tests; a program that died counts as one.
count_unit_tests() {
	local folder=$1 log good bad skips

	for log in "$folder"/tests/unit/*.log; do
		[ -e "$log" ] || { fail "unit tests: none ran"; return; }
		good=$(grep -c '^ok [0-9]' "$log")
		skips=$(grep -c '^not ok [0-9]* # SKIP' "$log")
		bad=$(($(grep -c '^not ok [0-9]' "$log") - skips))
		passed=$((passed + good))
		failed=$((failed + bad))
		skipped=$((skipped + skips))
		took "$(sed -n 's,^# took \(.*\) s$,\1,p' "$log")" "$(basename "$log" .log) ($(basename "$folder"))"
		if [ "$bad" -gt 0 ]; then
			echo "FAILED: $bad in $(basename "$log" .log)"
		elif ! grep -q '^:test-result: PASS' "${log%.log}.trs" || [ "$good" -eq 0 ]; then
			fail "$(basename "$log" .log) did not end well" "$log"
		else
			echo "ok: $(basename "$log" .log): $good tests"
		fi
	done
}

# What the linker was asked for must be in the file.
hardened() {
	local file

	for file in vmgrant-helper vmgrant-authorize vmgrant-domain vmgrant-listen; do
		readelf -hlW "$work/gcc/$file" >"$work/logs/elf" &&
			readelf -dW "$work/gcc/$file" >>"$work/logs/elf" || return 1
		grep -q 'Type: *DYN' "$work/logs/elf" || { echo "$file is no PIE"; return 1; }
		grep -q 'GNU_RELRO' "$work/logs/elf" || { echo "$file has no RELRO"; return 1; }
		grep -Eq 'BIND_NOW|FLAGS.*NOW' "$work/logs/elf" || { echo "$file binds late"; return 1; }
		grep -Eq 'GNU_STACK.* RW +0x' "$work/logs/elf" ||
			{ echo "$file has an executable stack"; return 1; }
	done
}

# shared_with FOLDER REGEX: succeed if the setuid program loads a matching library.
shared_with() {
	readelf -dW "$work/$1/vmgrant-helper" | grep 'Shared library' | grep -Eq "$2"
}

few_libraries() {
	readelf -dW "$work/gcc/vmgrant-helper" | grep 'Shared library'
	! shared_with gcc 'glib|gobject|gio|polkit|dbus|systemd'
}

linked_in() {
	readelf -dW "$work/linked/vmgrant-helper" | grep 'Shared library'
	! shared_with linked libnl
}

hanging_unit_test() {
	VMGRANT_UNIT_LIMIT_S=1 "$work/src/tests/unit/run-one" sleep 1000 >"$work/logs/hang" 2>&1 &&
		return 1
	cat "$work/logs/hang"
	grep -q 'sleep: ended after its limit of 1 s' "$work/logs/hang"
}

# As failing_once is for the system's tests: of a program that fails once, and of one that always does.
failing_unit_once() {
	local place=$work/again-unit said

	mkdir -p "$place/unit/tests/unit" "$place/logs" && cat >"$place/unit/Makefile" <<-'END' || return 1
	.RECIPEPREFIX = >
	TESTS = tests/unit/test-steady tests/unit/test-unsteady
	check: $(TESTS)
	> touch test-suite.log
	.PHONY: $(TESTS)
	$(TESTS):
	> @echo x >>$@.count
	> @if [ $@ != tests/unit/test-unsteady ] || [ "$$(wc -l <$@.count)" -gt $(FAILURES) ]; then \
			echo 'ok 1' >$@.log; echo ':test-result: PASS' >$@.trs; \
		else \
			echo 'not ok 1' >$@.log; echo ':global-test-result: FAIL' >$@.trs; echo FAIL: $@; \
		fi
	END
	failing() {
		local work=$place passed=0 failed=0 skipped=0

		rm -f "$place"/unit/tests/unit/*
		unit_tests unit check "FAILURES=$1"
		echo "$passed $failed $(wc -l <"$place/unit/tests/unit/test-steady.count")"
	}
	said=$(failing 1)
	echo "$said"
	grep -qx 'passed when run again: tests/unit/test-unsteady (unit)' <<<"$said" &&
		[ "$(tail -n 1 <<<"$said")" = "2 0 1" ] && [ "$(failing 9 | tail -n 1)" = "1 1 1" ]
}

stage_gcc() {
	check "gcc build" build gcc CC=gcc --enable-werror || return
	unit_tests gcc
	check "a unit test that hangs is ended" hanging_unit_test
	check "a unit test that fails is run once more" failing_unit_once
	check "programs are hardened" hardened
	check "setuid program loads few libraries" few_libraries
}

stage_clang() {
	check "clang build" build clang CC=clang --enable-werror &&
		unit_tests clang
}

# Nothing else is built in another way.
linked_build() {
	mkdir -p "$work/linked" && cd "$work/linked" &&
		"$work/src/configure" --enable-werror --enable-linked-libs && make -j2 vmgrant-helper
}

stage_linked() {
	check "linked build" linked_build &&
		check "libnl is linked in" linked_in
}

stage_sanitizers() {
	check "sanitizer build" build sanitizers CC=clang --enable-sanitizers --enable-werror &&
		unit_tests sanitizers
}
