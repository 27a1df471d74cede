/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What QEMU's machine types have room for. Pure. */
#include "client/command/qemu/qemu-machine.h"

#include <stdio.h>
#include <string.h>

/*
 * The first row that fits counts. A word that ends in '*' is the beginning of a name,
 * since machines have versions: pc-q35-7.2. From hw/ of QEMU 7.2 and 10, and from starting
 * each machine of QEMU 7.2 with each card. Architectures that are not here have PCI.
 */
static const struct row {
	const char *architecture, *machine;
	enum qemu_bus bus;
	enum qemu_usb usb;
	int has_slots;
} rows[] = {
	{ "*", "none", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "x86_64", "microvm*", QEMU_BUS_MMIO, QEMU_USB_SWITCH, 0 },
	{ "x86_64", "nitro*", QEMU_BUS_MMIO, QEMU_USB_NONE, 0 },
	{ "x86_64", "isapc*", QEMU_BUS_ISA, QEMU_USB_NONE, 0 },
	{ "x86_64", "xenpv*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "x86_64", "", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "x86_64", "pc*", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "x86_64", "q35*", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "s390x", "*", QEMU_BUS_CCW, QEMU_USB_NONE, 0 },
	{ "aarch64", "virt*", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "aarch64", "vexpress-a*", QEMU_BUS_MMIO, QEMU_USB_NONE, 0 },
	{ "aarch64", "xlnx-versal-virt*", QEMU_BUS_MMIO, QEMU_USB_BOARD, 0 },
	{ "aarch64", "raspi*", QEMU_BUS_NONE, QEMU_USB_BOARD, 0 },
	{ "aarch64", "sbsa*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "aarch64", "versatile*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "aarch64", "realview-eb*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "aarch64", "mcimx7*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "aarch64", "imx8*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "aarch64", "", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "aarch64", "*", QEMU_BUS_NONE, QEMU_USB_BOARD, 0 },
	{ "riscv64", "virt*", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "riscv64", "", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "riscv64", "spike*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "riscv64", "sifive*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "riscv64", "shakti*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "riscv64", "opentitan*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "riscv64", "microchip*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "m68k", "virt*", QEMU_BUS_MMIO, QEMU_USB_NONE, 0 },
	{ "m68k", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "or1k", "virt*", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "or1k", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "loongarch64", "*", QEMU_BUS_PCI, QEMU_USB_XHCI, 1 },
	{ "xtensa", "virt*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "xtensa", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "sh4", "r2d*", QEMU_BUS_PCI, QEMU_USB_XHCI, 0 },
	{ "sh4", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "microblaze", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "sparc", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "avr", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "cris", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "nios2", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "rx", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
	{ "tricore", "*", QEMU_BUS_NONE, QEMU_USB_NONE, 0 },
};

/* Architectures whose machines are those of another one. */
static const char *family(const char *architecture)
{
	static const char *const families[][2] = {
		{ "i386", "x86_64" },       { "amd64", "x86_64" },   { "arm", "aarch64" },
		{ "armhf", "aarch64" },     { "armel", "aarch64" },  { "arm64", "aarch64" },
		{ "riscv32", "riscv64" },   { "microblazeel", "microblaze" },
		{ "xtensaeb", "xtensa" },   { "sh4eb", "sh4" },
	};

	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		if (strcmp(families[i][0], architecture) == 0)
			return families[i][1];
	}
	return architecture;
}

static int fits(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	return length > 0 && pattern[length - 1] == '*' ? strncmp(pattern, name, length - 1) == 0
							: strcmp(pattern, name) == 0;
}

struct qemu_machine qemu_machine_find(const char *architecture, const char *name,
				      enum qemu_pci pci)
{
	struct qemu_machine machine = { .bus = QEMU_BUS_PCI };

	(void)snprintf(machine.name, sizeof machine.name, "%s", name);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!fits(rows[i].architecture, family(architecture)) ||
		    !fits(rows[i].machine, name))
			continue;
		machine.bus = rows[i].bus;
		machine.usb = rows[i].usb;
		machine.has_slots = rows[i].has_slots;
		break;
	}
	machine.has_pci = machine.bus == QEMU_BUS_PCI || machine.bus == QEMU_BUS_CCW ||
			  (machine.bus == QEMU_BUS_MMIO && pci == QEMU_PCI_SWITCHED_ON);
	if (machine.bus == QEMU_BUS_MMIO && machine.has_pci)
		machine.usb = QEMU_USB_XHCI;
	return machine;
}
