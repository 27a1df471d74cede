/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which key of which thing names a file: a table. Runs as the person.
 *
 * Made from qemu-options.hx, qapi/ and the properties of all devices, 7.2 to 10.0.
 */
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"
#include "client/text/message.h"
#include "client/text/text.h"

struct file_key {
	const char *group;
	/* NULL: any. "vhost-vsock*": all that begin so. */
	const char *kind;
	const char *key;
	enum qemu_use use;
	unsigned take;
};

static const struct file_key KEYS[] = {
	/* clang-format off */
	{ "accel", NULL, "device", QEMU_USE_READ_WRITE, TAKE_FDSET },

	{ "acpi", NULL, "file", QEMU_USE_READ, TAKE_COLONS },
	{ "acpi", NULL, "data", QEMU_USE_READ, TAKE_COLONS },

	{ "audiodev", "oss", "in.dev", QEMU_USE_READ_WRITE, 0 },
	{ "audiodev", "oss", "out.dev", QEMU_USE_READ_WRITE, 0 },
	{ "audiodev", "pa", "server", QEMU_USE_CONNECT, TAKE_ADDRESS },
	{ "audiodev", "wav", "path", QEMU_USE_MAKE, 0 },

	{ "boot-opts", NULL, "splash", QEMU_USE_READ, TAKE_SEARCHED | TAKE_OPTIONAL },

	{ "chardev", NULL, "logfile", QEMU_USE_MAKE, TAKE_FDSET },
	{ "chardev", "file", "path", QEMU_USE_MAKE, TAKE_FDSET },
	{ "chardev", "file", "input-path", QEMU_USE_READ, TAKE_FDSET },
	{ "chardev", "pipe", "path", QEMU_USE_READ_WRITE, TAKE_PIPE },
	{ "chardev", "pty", "path", QEMU_USE_MAKE, 0 },
	{ "chardev", "socket", "path", QEMU_USE_CONNECT, TAKE_BY_SERVER },
	{ "chardev", "serial", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "chardev", "tty", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "chardev", "parallel", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "chardev", "parport", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },

	{ "device", NULL, "cdat", QEMU_USE_READ, 0 },
	{ "device", NULL, "evdev", QEMU_USE_READ_WRITE, 0 },
	{ "device", NULL, "hidraw", QEMU_USE_READ_WRITE, 0 },
	{ "device", NULL, "hostdevice", QEMU_USE_READ_WRITE, 0 },
	{ "device", NULL, "jsonfile", QEMU_USE_MAKE, 0 },
	{ "device", NULL, "pcap", QEMU_USE_MAKE, 0 },
	{ "device", NULL, "romfile", QEMU_USE_READ, TAKE_SEARCHED },
	{ "device", NULL, "rootdir", QEMU_USE_FOLDER, 0 },
	{ "device", NULL, "sdrfile", QEMU_USE_READ, 0 },
	{ "device", NULL, "frudatafile", QEMU_USE_READ, 0 },
	{ "device", NULL, "sysfsdev", FOLDER_RO },
	{ "device", NULL, "vhostdev", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "device", "ccid-card-emulated", "db", FOLDER_RO },
	{ "device", "guest-loader", "kernel", QEMU_USE_READ, 0 },
	{ "device", "guest-loader", "initrd", QEMU_USE_READ, 0 },
	{ "device", "guest-loader", "bootargs", QEMU_USE_READ, TAKE_IGNORED },
	{ "device", "loader", "file", QEMU_USE_READ, 0 },
	{ "device", "vfio-user-pci", "socket.path", QEMU_USE_CONNECT, 0 },

	{ "display", NULL, "rendernode", QEMU_USE_READ_WRITE, 0 },
	{ "display", "dbus", "addr", QEMU_USE_CONNECT, TAKE_ADDRESS },

	{ "fsdev", "local", "path", QEMU_USE_FOLDER, TAKE_BY_READ_ONLY },
	{ "fsdev", "proxy", "socket", QEMU_USE_CONNECT, 0 },
	{ "fsdev", NULL, "mount_tag", QEMU_USE_READ, TAKE_IGNORED },

	{ "fw_cfg", NULL, "file", QEMU_USE_READ, 0 },
	{ "fw_cfg", NULL, "string", QEMU_USE_READ, TAKE_IGNORED },

	{ "icount", NULL, "rrfile", QEMU_USE_MAKE, 0 },

	{ "machine", NULL, "append", QEMU_USE_READ, TAKE_IGNORED },
	{ "machine", NULL, "dtb", QEMU_USE_READ, 0 },
	{ "machine", NULL, "dumpdtb", QEMU_USE_MAKE, 0 },
	{ "machine", NULL, "firmware", QEMU_USE_READ, TAKE_SEARCHED },
	{ "machine", NULL, "kernel", QEMU_USE_READ, 0 },
	{ "machine", NULL, "shim", QEMU_USE_READ, 0 },

	{ "name", NULL, "guest", QEMU_USE_READ, TAKE_IGNORED },

	{ "netdev", "bridge", "helper", QEMU_USE_RUN, 0 },
	{ "netdev", "tap", "helper", QEMU_USE_RUN, 0 },
	{ "netdev", "tap", "script", QEMU_USE_RUN, TAKE_NO },
	{ "netdev", "tap", "downscript", QEMU_USE_RUN, TAKE_NO },
	{ "netdev", "user", "tftp", FOLDER_RO },
	{ "netdev", "user", "bootfile", QEMU_USE_READ, TAKE_IGNORED },
	{ "netdev", "user", "smb", QEMU_USE_FOLDER, 0 },
	{ "netdev", "stream", "addr.path", QEMU_USE_CONNECT, TAKE_BY_SERVER },
	{ "netdev", "dgram", "local.path", QEMU_USE_MAKE_SOCKET, 0 },
	{ "netdev", "dgram", "remote.path", QEMU_USE_CONNECT, 0 },
	{ "netdev", "vde", "sock", QEMU_USE_FOLDER, 0 },
	{ "netdev", "vhost-vdpa", "vhostdev", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "netdev", "passt", "path", QEMU_USE_RUN, 0 },
	{ "netdev", "af-xdp", "map-path", QEMU_USE_READ_WRITE, 0 },
	{ "netdev", "netmap", "devname", QEMU_USE_READ_WRITE, 0 },

	{ "object", "authz-list-file", "filename", QEMU_USE_READ, 0 },
	{ "object", "authz-listfile", "filename", QEMU_USE_READ, 0 },
	{ "object", "dbus-vmstate", "addr", QEMU_USE_CONNECT, TAKE_ADDRESS },
	{ "object", "filter-dump", "file", QEMU_USE_MAKE, 0 },
	{ "object", "igvm-cfg", "file", QEMU_USE_READ, 0 },
	{ "object", "input-linux", "evdev", QEMU_USE_READ_WRITE, 0 },
	{ "object", "memory-backend-file", "mem-path", QEMU_USE_MAKE, TAKE_BY_READ_ONLY },
	{ "object", "pr-manager-helper", "path", QEMU_USE_CONNECT, 0 },
	{ "object", "qtest", "log", QEMU_USE_MAKE, 0 },
	{ "object", "rng-random", "filename", QEMU_USE_READ, TAKE_FDSET },
	{ "object", "secret", "file", QEMU_USE_READ, 0 },
	{ "object", "secret", "data", QEMU_USE_READ, TAKE_IGNORED },
	{ "object", "secret", "iv", QEMU_USE_READ, TAKE_IGNORED },
	{ "object", "sev-guest", "dh-cert-file", QEMU_USE_READ, 0 },
	{ "object", "sev-guest", "session-file", QEMU_USE_READ, 0 },
	{ "object", "sev-guest", "sev-device", QEMU_USE_READ_WRITE, 0 },
	{ "object", "sev-snp-guest", "sev-device", QEMU_USE_READ_WRITE, 0 },
	{ "object", "sev-snp-guest", "id-block", QEMU_USE_READ, TAKE_IGNORED },
	{ "object", "sev-snp-guest", "id-auth", QEMU_USE_READ, TAKE_IGNORED },
	{ "object", "tdx-guest", "quote-generation-socket.path", QEMU_USE_CONNECT, 0 },
	{ "object", "tls-cipher-suites", "dir", FOLDER_RO },
	{ "object", "tls-creds-*", "dir", FOLDER_RO },
	{ "object", "x-vfio-user-server", "socket.path", QEMU_USE_MAKE_SOCKET, 0 },
	{ "object", "x-vfio-user-server", "device", QEMU_USE_READ, TAKE_IGNORED },

	{ "option-rom", NULL, "romfile", QEMU_USE_READ, TAKE_SEARCHED },

	{ "plugin", NULL, "file", QEMU_USE_READ, 0 },

	{ "run-with", NULL, "chroot", FOLDER_RO },

	{ "smbios", NULL, "file", QEMU_USE_READ, 0 },
	{ "smbios", NULL, "path", QEMU_USE_READ, 0 },
	{ "smbios", NULL, "value", QEMU_USE_READ, TAKE_IGNORED },

	{ "spice", NULL, "rendernode", QEMU_USE_READ_WRITE, 0 },
	{ "spice", NULL, "x509-dir", FOLDER_RO },
	{ "spice", NULL, "x509-key-file", QEMU_USE_READ, 0 },
	{ "spice", NULL, "x509-key-password", QEMU_USE_READ, TAKE_IGNORED },
	{ "spice", NULL, "password", QEMU_USE_READ, TAKE_IGNORED },
	{ "spice", NULL, "x509-cert-file", QEMU_USE_READ, 0 },
	{ "spice", NULL, "x509-cacert-file", QEMU_USE_READ, 0 },
	{ "spice", NULL, "x509-dh-key-file", QEMU_USE_READ, 0 },

	{ "tpmdev", "passthrough", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "tpmdev", "passthrough", "cancel-path", QEMU_USE_READ_WRITE, TAKE_FDSET },

	{ "trace", NULL, "events", QEMU_USE_READ, 0 },
	{ "trace", NULL, "file", QEMU_USE_MAKE, 0 },

	{ "vnc", NULL, "x509", FOLDER_RO },
	{ "vnc", NULL, "x509verify", FOLDER_RO },

	/* What a block node's driver says. */
	{ "block", "blkdebug", "config", QEMU_USE_READ, 0 },
	{ "block", "gluster", "logfile", QEMU_USE_MAKE, 0 },
	{ "block", "gluster", "path", QEMU_USE_READ, TAKE_IGNORED },
	{ "block", "nbd", "path", QEMU_USE_CONNECT, 0 },
	{ "block", "nfs", "path", QEMU_USE_READ, TAKE_IGNORED },
	{ "block", "ssh", "path", QEMU_USE_READ, TAKE_IGNORED },
	{ "block", "rbd", "conf", QEMU_USE_READ, 0 },
	{ "block", "nvme-io_uring", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "block", "virtio-blk-vfio-pci", "path", FOLDER_RO },
	{ "block", "virtio-blk-vhost-user", "path", QEMU_USE_CONNECT, 0 },
	{ "block", "virtio-blk-vhost-vdpa", "path", QEMU_USE_READ_WRITE, TAKE_FDSET },
	{ "block", NULL, "server.path", QEMU_USE_CONNECT, 0 },
	{ "block", NULL, "server.socket", QEMU_USE_CONNECT, 0 },
	{ "block", NULL, "export", QEMU_USE_READ, TAKE_IGNORED },
	/* clang-format on */
};

static const struct file_key *key_find(const char *group, const char *kind, const char *key)
{
	for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
		if (strcmp(KEYS[i].group, group) == 0 && strcmp(KEYS[i].key, key) == 0 &&
		    kind_fits(KEYS[i].kind, kind))
			return &KEYS[i];
	}
	return NULL;
}

/* "addr.path" -> is "addr.abstract" on? */
static int is_abstract(const struct pairs *pairs, const char *key)
{
	const char *last = strrchr(key, '.');
	char *beside = text_format("%.*sabstract", last != NULL ? (int)(last + 1 - key) : 0, key);
	int is_on = pairs_is_on(pairs, beside);

	free(beside);
	return is_on;
}

/* Each of a character device's two files has a word of its own. */
static int is_appended(const struct pairs *pairs, const char *key)
{
	return pairs_is_on(pairs, strcmp(key, "logfile") == 0 ? "logappend" : "append");
}

static int is_read_only(const struct pairs *pairs)
{
	return pairs_is_on(pairs, "readonly") || pairs_is_on(pairs, "read-only");
}

/* "FILE:FILE": each. */
static void colons_read(struct reading *reading, const struct file_key *row, const char *list)
{
	while (*list != '\0') {
		size_t length = strcspn(list, ":");
		char *path = text_need(strndup(list, length));

		if (length > 0)
			(void)reading_add(reading, path, row->use, row->take,
					  (struct qemu_place){ 0 });
		free(path);
		list += length + (list[length] == ':' ? 1 : 0);
	}
}

/* What D-Bus ("unix:path=/run/x,guid=1") and PulseAudio ("{id}unix:/run/x", "/run/x") take. */
static void address_read(struct reading *reading, const struct file_key *row, const char *address)
{
	const char *unix_address = strstr(address, "unix:");
	const char *start = address;
	unsigned take = row->take;
	char *path;

	if (unix_address != NULL) {
		start = unix_address + strlen("unix:");
		start += strncmp(start, "path=", 5) == 0 ? 5 : 0;
		if (strncmp(start, "abstract=", 9) == 0) {
			start += 9;
			take |= TAKE_ABSTRACT;
		}
	}
	if (*start != '/' && (take & TAKE_ABSTRACT) == 0) {
		if (unix_address != NULL)
			reading_doubt(reading, address, N_("an address of an unknown form"));
		return;
	}
	path = text_need(strndup(start, strcspn(start, ",; ")));
	(void)reading_add(reading, path, row->use, take, (struct qemu_place){ 0 });
	free(path);
}

/* QEMU opens PATH.in and PATH.out or, if one of them is not there, PATH. */
static void pipe_read(struct reading *reading, const char *path)
{
	static const char *const suffixes[] = { ".in", ".out", "" };

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char *name = text_format("%s%s", path, suffixes[i]);

		(void)reading_add(reading, name, QEMU_USE_READ_WRITE, TAKE_OPTIONAL,
				  (struct qemu_place){ 0 });
		free(name);
	}
}

static void plain_read(struct reading *reading, const struct file_key *row, const struct pair *pair,
		       const struct pairs *pairs)
{
	enum qemu_use use = row->use;
	unsigned take = row->take;
	struct qemu_file *file;

	if ((take & TAKE_BY_SERVER) != 0 && pairs_is_on(pairs, "server"))
		use = QEMU_USE_MAKE_SOCKET;
	if ((use == QEMU_USE_CONNECT || use == QEMU_USE_MAKE_SOCKET) &&
	    is_abstract(pairs, pair->key))
		take |= TAKE_ABSTRACT;
	if ((take & TAKE_BY_READ_ONLY) != 0 && is_read_only(pairs)) {
		use = use == QEMU_USE_MAKE ? QEMU_USE_READ : use;
		take |= TAKE_READ_ONLY;
	}
	file = reading_add(reading, pair->value, use, take, pair->place);
	file->is_appended = is_appended(pairs, pair->key) ? 1 : 0;
}

int key_read(struct reading *reading, const char *group, const char *kind, const char *key,
	     const struct pair *pair, const struct pairs *pairs)
{
	const struct file_key *row = key_find(group, kind, key);

	if (row == NULL)
		return 0;
	/* An fd that somebody handed over has no path. */
	if (*pair->value == '\0' || strncmp(pair->value, "/dev/fdset/", 11) == 0 ||
	    (row->take & TAKE_IGNORED) != 0 ||
	    ((row->take & TAKE_NO) != 0 && strcmp(pair->value, "no") == 0))
		return 1;
	if ((row->take & TAKE_COLONS) != 0)
		colons_read(reading, row, pair->value);
	else if ((row->take & TAKE_ADDRESS) != 0)
		address_read(reading, row, pair->value);
	else if ((row->take & TAKE_PIPE) != 0)
		pipe_read(reading, pair->value);
	else
		plain_read(reading, row, pair, pairs);
	return 1;
}

void keys_read(struct reading *reading, const char *group, const char *kind,
	       const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->items[i];

		if (pairs_is_superseded(pairs, pair))
			continue;
		if (!key_read(reading, group, kind, pair->key, pair, pairs) &&
		    reading_is_path(pair->value))
			reading_doubt_pair(reading, pair);
	}
	needs_read(reading, group, kind, pairs);
}
