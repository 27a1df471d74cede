# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What the demonstration shows, inside its throw-away machine: alice, whom the
# ACL names, gets a network card for her guest where polkit agrees, and a reason
# where it does not; bob, whom the ACL does not name, gets a reason too.

guest=linux # or ipxe
bridge=br0
other_bridge=br1
# shellcheck disable=SC2034 # the caller starts the network
address=192.168.77.1
helper=/usr/libexec/vmgrant/vmgrant-helper
qemu_limit_s=90
probe_limit_s=6

story_write_policy() {
	mkdir -p /etc/vmgrant /etc/polkit-1/rules.d
	cat >/etc/vmgrant/acl.conf <<-END
	allow bridge $bridge user alice
	allow bridge $other_bridge user alice
	END
	cat >/etc/polkit-1/rules.d/10-demo.rules <<-END
	polkit.addRule(function(action, subject) {
	    if (action.id == "org.vmgrant.tap" && action.lookup("bridge") == "$bridge")
	        return polkit.Result.YES;
	});
	END
	chmod 0755 /etc/vmgrant
	chmod 0644 /etc/vmgrant/acl.conf /etc/polkit-1/rules.d/10-demo.rules
}

story_write_page() {
	mkdir -p /srv/www
	cat >/srv/www/hello.txt <<-END
	Hello, guest. You came through a network card on bridge $bridge
	that an ordinary user was given, and QEMU never had a privilege.
	END
	guest_write_ipxe /srv/www/hello.txt >/srv/www/hello.ipxe
	chmod -R a+rX /srv/www
}

# Sets guest_arguments.
story_choose_guest() {
	guest_arguments=(-display none -nodefaults -no-reboot -serial stdio -monitor none)
	if [ "$guest" = ipxe ]; then
		guest_arguments+=(-machine 'pc,graphics=off' -m 64 -boot 'n,reboot-timeout=1')
	else
		guest_arguments+=(-machine pc -m 192 -kernel /srv/guest/kernel -initrd /srv/guest/initrd)
	fi
}

# /dev/kvm may be there and its guests stand still all the same, so one has to
# say a word within a few seconds. Sets accelerator.
story_choose_accelerator() {
	accelerator=tcg
	if ! [ -c /dev/kvm ]; then
		say_step 'no /dev/kvm here: the guest is emulated (TCG)'
	elif [ "$guest" = ipxe ]; then
		say_step 'the guest is emulated (TCG): for iPXE that is fast enough'
	else
		world_as alice timeout -k 1 "$probe_limit_s" qemu-system-x86_64 -accel kvm \
			"${guest_arguments[@]}" -append 'console=ttyS0 quiet panic=-1 vmgrant.probe' \
			>/run/probe 2>&1 </dev/null &
		wait $! || true
		if grep -q 'probe: alive' /run/probe; then
			accelerator=kvm
			say_step 'KVM works here: the guest uses it'
		else
			say_step "/dev/kvm is here, but no guest came up on it in $probe_limit_s s: emulated (TCG)"
		fi
	fi
}

# Start QEMU as PERSON with a network card on BRIDGE, by WAY: run is our command, helper
# is QEMU's own option. Console to /run/console, everybody's own words to /run/stderr.
# Returns the exit status.
story_qemu() {
	local person=$1 on=$2 way=$3 status=0
	local netdev="bridge,id=n,br=$on,helper=$helper"
	local -a append=() command=() card=()
	[ "$guest" = ipxe ] || append=(-append 'console=ttyS0 quiet panic=-1')
	if [ "$way" = run ]; then
		command=(vmgrant run --net "$on" --)
		say_step "as $person: vmgrant run --net $on -- qemu-system-x86_64 -accel $accelerator ..."
	else
		card=(-netdev "$netdev" -device "virtio-net-pci,netdev=n")
		say_step "as $person: qemu-system-x86_64 -accel $accelerator ... \\"
		say_step "    -netdev $netdev \\"
		say_step "    -device virtio-net-pci,netdev=n"
	fi
	# In the background, because a shell that waits hears signals at once.
	world_as "$person" timeout -k 2 "$qemu_limit_s" "${command[@]}" qemu-system-x86_64 \
		-accel "$accelerator" "${guest_arguments[@]}" "${append[@]}" "${card[@]}" \
		</dev/null 2>/run/stderr > >(story_console) &
	wait $! || status=$?
	return "$status"
}

story_console() {
	if [ "$guest" = ipxe ]; then
		guest_tidy_ipxe
	else
		sed -u -e 's/\r//g' -e '/^\[/d' -e '/^$/d'
	fi | tee /run/console | say_lines guest
	: >/run/console-end
}

# Process numbers of the named people.
people_processes() {
	local person
	for person in "$@"; do
		find /proc -maxdepth 1 -name '[0-9]*' -user "$person" -printf '%f\n' 2>/dev/null || true
	done
}

# While the guest is up: the port on the bridge, and what QEMU may do.
story_look_at_port() {
	local pid
	world_wait "$qemu_limit_s" test -s /run/leases || return 0
	bridge link show >/run/port
	ip link show master "$bridge" | grep alias >>/run/port || true
	for pid in $(people_processes alice); do
		case $(cat "/proc/$pid/comm" 2>/dev/null || true) in qemu-system*) break ;; esac
	done
	awk '/^Uid:/ { uids = $2 " " $3 " " $4 } /^CapPrm:/ { capabilities = $2 }
		END { print "runs with the uids " uids " and the capabilities " capabilities }' \
		"/proc/$pid/status" >/run/qemu
}

story_ports() {
	ip -o link show master "$bridge"
	ip -o link show master "$other_bridge"
}
story_no_ports() { [ -z "$(story_ports)" ]; }
story_records() {
	[ -s /run/messages ] && sed -n 's/^.*\(vmgrant-helper\[\)/\1/p' /run/messages
}

story_alice() {
	local status=0 watcher
	say_title "alice, whom the ACL names, starts a guest on $bridge"
	story_look_at_port &
	watcher=$!
	story_qemu alice "$bridge" run || status=$?
	world_wait 5 test -e /run/console-end || true
	if [ "$status" -ne 0 ]; then
		say_lines says </run/stderr
		[ "$status" -ne 124 ] || fail "alice's guest did not end within $qemu_limit_s s"
		fail "alice's QEMU ended with status $status instead of 0"
	fi
	wait "$watcher"
	say_title 'What the host saw meanwhile'
	say_lines bridge </run/port
	say_lines QEMU </run/qemu
	grep -o 'DHCP[A-Z]*(.*' /run/dnsmasq.log | say_lines dnsmasq
	grep GET /run/http.log | say_lines httpd
	grep -q 'DHCPACK' /run/dnsmasq.log || fail 'the guest got no DHCP lease'
	grep -q '"GET /hello\.[a-z]* HTTP/1.[01]" 200' /run/http.log || fail 'the guest fetched nothing over HTTP'
	grep -q 'Hello, guest' /run/console || fail "the guest's console does not show the page"
	grep -q "$bridge" /run/port || fail 'no port was seen on the bridge'
	world_wait 5 story_no_ports || fail "the port outlived the guest: $(story_ports)"
	say_good 'lease and page came through the port; with QEMU the port went away'
}

# A run that must be refused: PERSON on BRIDGE by WAY, for TITLE.
story_refusal() {
	local person=$1 on=$2 way=$3 title=$4 status=0
	say_title "$title"
	story_qemu "$person" "$on" "$way" || status=$?
	say_lines says </run/stderr
	# 124: it ran until it was stopped.
	if [ "$status" -eq 0 ] || [ "$status" -eq 124 ]; then
		fail "$person's QEMU ran, although $person may not use $on"
	fi
	grep -q "^vmgrant\(-helper\)\?: bridge $on: " /run/stderr || fail 'nobody said why it was refused'
	story_no_ports || fail "$person was refused, but there is a port: $(story_ports)"
	say_refused "it ended with status $status; no bridge has a port"
}

story_tell() {
	local left
	say_title 'What the administrator installed and wrote'
	say_lines acl.conf </etc/vmgrant/acl.conf
	say_lines polkit </etc/polkit-1/rules.d/10-demo.rules
	say_lines setuid < <(stat -c '%A %U %n' "$helper")
	story_alice
	story_refusal alice "$other_bridge" helper "alice on $other_bridge, for which polkit has no rule"
	story_refusal bob "$bridge" run "bob, whom the ACL does not name, on $bridge"
	if story_records >/run/records; then
		say_title 'What the system log keeps'
		say_lines syslog </run/records
	fi
	left=$(people_processes alice bob vmgrant)
	if [ -n "$left" ]; then
		fail "processes are left over: ${left//$'\n'/ }"
	fi
}
