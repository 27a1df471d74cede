# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Packages of the machine's own release from the machine's own sources, without
# installing them. The caller sets cache, the folder for lists, and work, for downloads.

program=${0#"${0%/*/*}/"}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

fail() {
	echo "$program: $*" >&2
	exit 1
}

say() {
	echo "$program: $* [$SECONDS s]" >&2
}

# Lines for a sources.list: what the machine has of this release of Debian.
machine_sources() {
	apt-get indextargets 'Created-By: Packages' \
		--format "\$(ORIGIN)|\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" | sort -u |
		sed -nE "s,^Debian\|([^ ]+ $release(-updates|-security)? main)\$,deb [signed-by=$keyring] \1,p"
}

# The machine's own sources of Debian, and its backports from the same place.
write_sources() {
	local sources

	sources=$(machine_sources)
	if ! grep -q " $release main\$" <<<"$sources"; then
		# Without lists nothing is known of a source but its address.
		apt-get -qq update >&2
		sources=$(machine_sources)
	fi
	if ! grep -q " $release main\$" <<<"$sources"; then
		fail "apt has no source for Debian $release, component main"
	fi
	{
		echo "$sources"
		sed -n "s/ $release main\$/ $release-backports main/p" <<<"$sources" | head -n 1
	} >"$cache/sources"
}

# apt's programs with a state of their own: the machine's lists stay as they are, and
# nothing counts as installed.
private_apt() {
	local apt=$1

	shift
	"$apt" -qq -o Dir::State="$cache/apt" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$cache/apt" -o Dir::Etc::SourceList="$cache/sources" \
		-o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root \
		-o APT::Architectures=amd64 "$@"
}

update_lists() {
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
	private_apt apt-get update >&2 || say "the sources cannot be reached, the last lists serve"
}

# unpack FOLDER RELEASE PACKAGE...: without installing.
unpack() {
	local folder=$1 from=$2 file

	shift 2
	mkdir -p "$work/debs/$from" "$folder"
	(cd "$work/debs/$from" && private_apt apt-get -t "$from" download "$@") >&2
	for file in "$work/debs/$from"/*.deb; do
		dpkg-deb -x "$file" "$folder"
		rm "$file"
	done
}
