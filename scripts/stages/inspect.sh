# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Stages of scripts/test: fuzz and lint, what finds faults without running the programs as such.
# Functions are called through check and by the name of their stage:
# shellcheck disable=SC2317,SC2329

fuzz_seconds=60

# fuzz_one TARGET SECONDS: from the corpus in the tree; findings stay in the folder.
fuzz_one() {
	local name corpus

	name=$(basename "$1")
	corpus=$work/fuzz/corpus-$name
	mkdir -p "$corpus" && cd "$work/fuzz" || return 1
	"$1" "$corpus" "$work/src/tests/fuzz/corpus/${name#fuzz-}" -max_total_time="$2" \
		-max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$work/fuzz/$name-"
}

stage_fuzz() {
	local targets target seconds

	check "fuzz build" build fuzz CC=clang --enable-fuzzers --enable-werror &&
		check "fuzz targets build" make -C "$work/fuzz" -j2 fuzzers || return
	mapfile -t targets < <(find "$work/fuzz/tests/fuzz" -type f -perm -u+x -name 'fuzz-*')
	[ ${#targets[@]} -gt 0 ] || { fail "fuzz targets: there are none"; return; }
	seconds=$((fuzz_seconds / ${#targets[@]}))
	for target in "${targets[@]}"; do
		check "$(basename "$target") for $seconds s" fuzz_one "$target" "$seconds"
	done
}

# gcc's analyzer does not know that errno is positive, nor that CMSG_FIRSTHDR() of a buffer with
# room is somewhere; and in gcc 12 it loses what a struct takes over. cppcheck looks for leaks, too.
analyzer_flags="-fanalyzer -Wno-analyzer-use-of-uninitialized-value"
analyzer_flags+=" -Wno-analyzer-null-dereference -Wno-analyzer-malloc-leak"
# More than twice of what a quiet machine with two cores takes.
tidy_limit_s=1200

gcc_analyzer() {
	build lint CC=gcc --enable-werror CFLAGS="-g -O1 $analyzer_flags"
}

# One file a program, so that both cores have work until the end.
clang_tidy() {
	cd "$work/lint" || return
	make -nB V=1 check TESTS= 2>/dev/null |
		/usr/bin/python3 "$work/src/scripts/lib/compile-commands.py" "$work/src" "$work/lint" \
			>compile_commands.json
	sed -n 's/^ *"file": "\(.*\)",$/\1/p' compile_commands.json >files
	[ "$(wc -l <files)" -gt 100 ] || { echo "make does not say what it compiles"; return 1; }
	timeout "$tidy_limit_s" xargs -a files -n 1 -P 2 clang-tidy --quiet -p . 2>&1 |
		grep -Ev '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter'
	[ "${PIPESTATUS[0]}" -eq 0 ]
}

cppcheck_all() {
	cd "$work/src" &&
		cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 -j2 -I . \
			--suppress=missingInclude -i tests/fuzz authorize client helper judge listen wire tests
}

# Each by the parser of its format.
package_files() {
	cd "$work/src/packaging" || return 1
	bash -n arch/PKGBUILD && sh -n alpine/APKBUILD &&
		rpmspec --parse vmgrant.spec >/dev/null || return 1
	if command -v nix-instantiate >/dev/null; then
		nix-instantiate --parse nixos/*.nix >/dev/null || return 1
	fi
}

# By the compilers of those who load them; nothing is loaded.
apparmor_profile() {
	make -C "$work/lint" profiles/apparmor >/dev/null &&
		apparmor_parser --skip-kernel-load --skip-cache "$work/lint/profiles/apparmor"
}

selinux_module() {
	# To m4 that is the end of the interface, and what follows is lost without a word.
	! grep -n "^[^#]*[^#]#[^#].*'" "$work/src/profiles/selinux/vmgrant.if" || return 1
	mkdir -p "$work/selinux" && cp "$work"/src/profiles/selinux/* "$work/selinux" &&
		make -C "$work/selinux" -f /usr/share/selinux/devel/Makefile vmgrant.pp >"$work/selinux/log" 2>&1
	cat "$work/selinux/log"
	[ -e "$work/selinux/vmgrant.pp" ] && ! grep -Eq 'vmgrant.*(warning|duplicate)' "$work/selinux/log"
}

# As the oldest Python has it that the package is for; and the examples, as users call it.
python_types() {
	local example

	cd "$work/src" || return 1
	mypy --strict --cache-dir "$work/mypy" --python-version 3.9 bindings/python/vmgrant || return 1
	for example in doc/examples/*.py; do
		MYPYPATH=bindings/python mypy --check-untyped-defs --cache-dir "$work/mypy" "$example" || return 1
	done
}

stage_lint() {
	check "gcc's analyzer" gcc_analyzer && check "clang-tidy" clang_tidy
	check "cppcheck" cppcheck_all
	check "clang-format of touched lines" "$top/scripts/check-format"
	check "types of the Python package" python_types
	check "package files" package_files
	# Fedora has no AppArmor.
	if command -v apparmor_parser >/dev/null; then
		check "AppArmor profile" apparmor_profile
	fi
	check "SELinux module" selinux_module
}
