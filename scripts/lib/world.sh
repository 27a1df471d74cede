# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The throw-away machine of the demonstration. Everything here runs as root
# inside fresh mount, network, process and host name namespaces, and is gone
# with them: the system's files lie below an overlay whose changes are in memory.

# Nothing is written through the way to its root from outside: the kernel would follow an
# absolute link there to a file of the system's own.

# Mount a writable view of the system at WORLD/root. WORLD is an empty folder.
world_make_root() {
	local world=$1 dir
	mount -t tmpfs -o mode=0755 world "$world"
	mkdir "$world/root" "$world/build" "$world/stage"
	world_overlay "$world" /
	# An overlay shows one file system only, so folders that are one of their own get one too.
	for dir in /usr /etc /var; do
		if mountpoint -q "$dir"; then
			world_overlay "$world" "$dir"
		fi
	done
}

# Inside: not what runs on the system, nor what it keeps there.
world_mount_own() {
	local dir
	for dir in run tmp dev srv proc sys; do
		# A link may lead to what is no part of the view.
		[ -d "/$dir" ] || rm -f "/$dir"
		mkdir -p "/$dir"
	done
	# First, because modes of devices are set through it.
	mount -t proc proc /proc
	for dir in run tmp dev srv; do
		mount -t tmpfs -o mode=0755 "$dir" "/$dir"
	done
	chmod 1777 /tmp
	world_make_devices /dev
	mount -t sysfs -o ro sysfs /sys
}

world_overlay() {
	local world=$1 dir=$2 changes
	changes=$world/changes/${dir//\//-}
	mkdir -p "$changes/upper" "$changes/work"
	mount -t overlay -o "lowerdir=$dir,upperdir=$changes/upper,workdir=$changes/work" \
		overlay "$world/root$dir"
}

# As udev leaves them on every desktop: who is in the room may use tun and kvm.
world_make_devices() {
	local dev=$1
	mknod -m 0666 "$dev/null" c 1 3
	mknod -m 0666 "$dev/zero" c 1 5
	mknod -m 0666 "$dev/full" c 1 7
	mknod -m 0666 "$dev/random" c 1 8
	mknod -m 0666 "$dev/urandom" c 1 9
	mknod -m 0666 "$dev/tty" c 5 0
	mkdir "$dev/net" "$dev/pts" "$dev/shm"
	mknod -m 0666 "$dev/net/tun" c 10 200
	if [ -c /dev/kvm ]; then
		mknod -m 0666 "$dev/kvm" c 10 232
	fi
	mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$dev/pts"
	mount -t tmpfs -o mode=1777 shm "$dev/shm"
	ln -s pts/ptmx "$dev/ptmx"
	ln -s /proc/self/fd "$dev/fd"
	ln -s fd/0 "$dev/stdin"
	ln -s fd/1 "$dev/stdout"
	ln -s fd/2 "$dev/stderr"
}

# Build a copy of the sources outside their folder and install it into WORLD/stage.
world_install() {
	local sources=$1 world=$2
	mkdir "$world/build/out"
	source_copy "$sources" "$world/build/sources"
	(
		umask 022
		cd "$world/build/sources" && autoreconf --install --force &&
			cd "$world/build/out" &&
			"$world/build/sources/configure" --prefix=/usr --sysconfdir=/etc --localstatedir=/var &&
			make -j"$(nproc)" && make install DESTDIR="$world/stage"
	)
}

# Enter WORLD's root, with what was installed and the files of FOLDER in /srv/guest. From here
# on the system's own root is out of reach.
world_enter() {
	local world folder
	world=$(cd "$1" && pwd -P)
	folder=$(cd "$2" && pwd -P)
	cd "$world/root" || return
	mkdir -p .outside
	pivot_root . .outside
	cd /
	export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
	# Rules of the system's administrator, and of a vmgrant that is installed.
	rm -rf /etc/vmgrant /etc/polkit-1/rules.d
	world_mount_own
	tar -C "/.outside$world/stage" -cf - . | tar -C / --keep-directory-symlink -xpf -
	mkdir /srv/guest
	cp -r "/.outside$folder/." /srv/guest
	umount -l /.outside
	rmdir /.outside
	hostname demo
}

# The account that the package's sysusers.d file describes, and two people.
world_make_accounts() {
	local name
	if command -v systemd-sysusers >/dev/null; then
		systemd-sysusers vmgrant.conf
	fi
	getent passwd vmgrant >/dev/null ||
		useradd --system --home-dir / --shell /usr/sbin/nologin --user-group vmgrant
	for name in "$@"; do
		! getent passwd "$name" >/dev/null || continue
		useradd -K UID_MIN=47000 -K UID_MAX=47999 -K GID_MIN=47000 -K GID_MAX=47999 \
			--user-group --create-home --shell /bin/sh "$name"
	done
}

# Wait until a command succeeds, SECONDS at most.
world_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

world_start_polkit() {
	local daemon
	mkdir -p /run/dbus
	dbus-uuidgen --ensure=/etc/machine-id
	dbus-daemon --system --fork --nopidfile
	for daemon in /usr/lib/polkit-1/polkitd /usr/libexec/polkitd; do
		[ -x "$daemon" ] || continue
		"$daemon" --no-debug >/run/polkitd.log 2>&1 </dev/null &
		world_wait 10 busctl_has_polkit || fail 'polkitd did not come up'
		return
	done
	fail 'polkitd is not installed'
}

busctl_has_polkit() {
	dbus-send --system --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
		org.freedesktop.DBus.GetNameOwner string:org.freedesktop.PolicyKit1
}

# A bridge with an address, a DHCP server and a web server. BRIDGE, ADDRESS/24.
world_start_network() {
	local bridge=$1 address=$2
	shift 2
	ip link set lo up
	ip link add "$bridge" type bridge
	# Nothing speaks IPv6 here, and it would only delay what is to be seen.
	[ ! -e "/proc/sys/net/ipv6/conf/$bridge" ] ||
		echo 1 >"/proc/sys/net/ipv6/conf/$bridge/disable_ipv6"
	ip address add "$address/24" dev "$bridge"
	ip link set "$bridge" up
	dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --port=0 --interface="$bridge" \
		--bind-interfaces --except-interface=lo --no-ping --dhcp-authoritative --log-dhcp \
		--dhcp-range="${address%.*}.50,${address%.*}.99,10m" \
		--dhcp-leasefile=/run/leases --log-facility=/run/dnsmasq.log "$@" \
		>/run/dnsmasq.out 2>&1 </dev/null &
	(cd /srv/www && exec setpriv --reuid=65534 --regid=65534 --clear-groups \
		python3 -u -m http.server 8080 --bind "$address") >/run/http.log 2>&1 </dev/null &
	world_wait 10 grep -q 'DHCP, IP range' /run/dnsmasq.log || fail 'dnsmasq did not come up'
	world_wait 10 grep -q 'Serving HTTP' /run/http.log || fail 'the web server did not come up'
}

# Run a command as a person, as if just logged in. Nothing of root's goes along.
world_as() {
	local person=$1
	shift
	(cd / && exec env -i HOME="/home/$person" USER="$person" LOGNAME="$person" PATH="$PATH" LANG=C \
		setpriv --reuid="$person" --regid="$person" --init-groups "$@")
}
