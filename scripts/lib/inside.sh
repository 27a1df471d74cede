#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The part of the demonstration that runs as the first process of its own
# namespaces: whatever it started ends with it.
#
# inside.sh SOURCES WORK GUEST    SOURCES: this project; WORK: the temporary
#                                 folder, with the guest's files; GUEST: linux or ipxe

set -Eeuo pipefail
shopt -s lastpipe

here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=say.sh
. "$here/say.sh"
# shellcheck source-path=SCRIPTDIR source=guest.sh
. "$here/guest.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$here/source.sh"
# shellcheck source-path=SCRIPTDIR source=world.sh
. "$here/world.sh"
# shellcheck source-path=SCRIPTDIR source=story.sh
. "$here/story.sh"

start_syslog() {
	mkdir -p /run
	busybox syslogd -n -O /run/messages >/dev/null 2>&1 </dev/null &
}

main() {
	local sources=$1 work=$2
	guest=$3
	trap on_error ERR
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	say_start

	mkdir "$work/world"
	world_make_root "$work/world"
	quietly 'building and installing into a throw-away root' "$work/world/build.log" \
		world_install "$sources" "$work/world"
	mkdir -p "$work/guest"
	world_enter "$work/world" "$work/guest"
	quietly 'making the people alice and bob' /run/accounts.log world_make_accounts alice bob

	story_write_policy
	story_write_page
	start_syslog
	world_start_polkit
	if [ "$guest" = ipxe ]; then
		world_start_network "$bridge" "$address" --dhcp-boot="http://$address:8080/hello.ipxe"
	else
		world_start_network "$bridge" "$address"
	fi
	ip link add "$other_bridge" type bridge
	ip link set "$other_bridge" up
	say_step "started dbus-daemon, polkitd, $bridge with dnsmasq and a web server, and $other_bridge"
	story_choose_guest
	story_choose_accelerator
	story_tell
}

main "$@"
exit 0
