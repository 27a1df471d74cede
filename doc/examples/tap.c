/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start QEMU with a network card on a bridge: cc tap.c $(pkg-config --cflags --libs vmgrant) */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <vmgrant.h>

int main(int argc, char **argv)
{
	struct vmgrant_tap_request request = {
		.size = sizeof request,
		.bridge = argc > 1 ? argv[1] : "virbr0",
		.flags = VMGRANT_TAP_VNET_HEADER,
	};
	struct vmgrant_tap tap = { .size = sizeof tap };
	struct vmgrant_connection *connection = vmgrant_connect(NULL);
	enum vmgrant_code code;
	char netdev[64];

	if (connection == NULL) {
		perror("vmgrant-helper");
		return VMGRANT_INTERNAL;
	}
	code = vmgrant_tap(connection, &request, &tap);
	if (code != VMGRANT_GRANTED)
		fprintf(stderr, "%s: %s\n", argv[0], vmgrant_error(connection));
	vmgrant_close(connection);
	if (code != VMGRANT_GRANTED)
		return (int)code;

	/* The card is an open file. QEMU is to inherit it. */
	fcntl(tap.queue_fds[0], F_SETFD, 0);
	snprintf(netdev, sizeof netdev, "tap,id=net0,fd=%d", tap.queue_fds[0]);
	execlp("qemu-system-x86_64", "qemu-system-x86_64", "-netdev", netdev, "-device",
	       "virtio-net-pci,netdev=net0", (char *)NULL);
	perror("qemu-system-x86_64");
	return 127;
}
