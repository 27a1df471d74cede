/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Start QEMU with a network card on a bridge: tap BRIDGE GUEST
 *
 * cc tap.c $(pkg-config --cflags --libs vmgrant)
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <vmgrant.h>

/* FNV-1a, of one string after the other. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	return hash;
}

/*
 * The address of the guest's card, made of the host's name and the guest's. Each guest
 * needs one of its own, the same at each start; QEMU gives the same one to all.
 */
static void make_mac(const char *guest, uint8_t mac[6])
{
	char host[256] = "";
	uint64_t hash;

	gethostname(host, sizeof host - 1);
	hash = hash_text(hash_text(14695981039346656037u, host), guest);
	mac[0] = 0x52; /* locally administered, as QEMU's and libvirt's are */
	mac[1] = 0x54;
	mac[2] = 0x00;
	for (int i = 3; i < 6; i++)
		mac[i] = (uint8_t)(hash >> (8 * i));
}

static int run_qemu(int tap_fd, const uint8_t mac[6])
{
	char netdev[64], device[96];

	/* The card is an open file. QEMU is to inherit it. */
	fcntl(tap_fd, F_SETFD, 0);
	snprintf(netdev, sizeof netdev, "tap,id=net0,fd=%d", tap_fd);
	snprintf(device, sizeof device,
		 "virtio-net-pci,netdev=net0,mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	execlp("qemu-system-x86_64", "qemu-system-x86_64", "-netdev", netdev, "-device", device,
	       (char *)NULL);
	perror("qemu-system-x86_64");
	return 127;
}

int main(int argc, char **argv)
{
	struct vmgrant_tap_request request = {
		.size = sizeof request,
		.flags = VMGRANT_TAP_VNET_HEADER | VMGRANT_TAP_MAC,
	};
	struct vmgrant_tap tap = { .size = sizeof tap };
	struct vmgrant_connection *connection;
	enum vmgrant_code code;

	if (argc != 3) {
		fprintf(stderr, "usage: tap BRIDGE GUEST\n");
		return VMGRANT_USAGE;
	}
	request.bridge = argv[1];
	make_mac(argv[2], request.mac);
	connection = vmgrant_connect(NULL);
	if (connection == NULL) {
		perror("vmgrant-helper");
		return VMGRANT_INTERNAL;
	}
	code = vmgrant_tap(connection, &request, &tap);
	if (code != VMGRANT_GRANTED)
		fprintf(stderr, "%s: %s\n", argv[0], vmgrant_error(connection));
	vmgrant_close(connection);
	return code == VMGRANT_GRANTED ? run_qemu(tap.queue_fds[0], request.mac) : (int)code;
}
