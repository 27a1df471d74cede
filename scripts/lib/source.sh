# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# A copy of the project for a build elsewhere: make would take what an earlier build has
# left in the tree for source files that are up to date.

# The project's ignored files, as patterns for tar: those from its top, or those anywhere.
source_ignored() {
	case $2 in
	top) sed -n '/-\*$/d; s,/$,,; s,^/,./,p' "$1/.gitignore" ;;
	anywhere) sed '/^[#!\/]/d; /^$/d; s,/$,,' "$1/.gitignore" ;;
	esac
}

# source_copy TOP FOLDER: the files of the project at TOP, without what autoreconf and a build
# inside the tree make. FOLDER is made.
source_copy() {
	mkdir -p "$2" &&
		tar -C "$1" --exclude=./.git \
			--anchored --exclude-from=<(source_ignored "$1" top) \
			--no-anchored --exclude-from=<(source_ignored "$1" anywhere) -cf - . |
		tar -C "$2" --no-same-owner -xf - &&
		source_drop_programs "$2"
}

# The programs of the tests have no name that tells them from their sources' folders.
source_drop_programs() {
	local file

	find "$1" -type f -perm -u+x ! -name '*.*' | while read -r file; do
		if [ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ]; then
			rm "$file"
		fi
	done
}
