/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What QEMU's machine types have room for, and on which bus. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_QEMU_MACHINE_H
#define VMGRANT_CLIENT_COMMAND_QEMU_QEMU_MACHINE_H

#define QEMU_MACHINE_NAME_SIZE 64

/* Where a card goes. */
enum qemu_bus {
	QEMU_BUS_PCI = 0, /* also where the machine is not known: QEMU says what is wrong */
	QEMU_BUS_MMIO,    /* virtio by memory-mapped registers, without hot-plugging */
	QEMU_BUS_CCW,     /* channel subsystem of s390x */
	QEMU_BUS_ISA,
	QEMU_BUS_NONE,
};

/* How a USB device gets there. */
enum qemu_usb {
	QEMU_USB_XHCI = 0, /* by a controller on the PCI bus */
	QEMU_USB_SWITCH,   /* by the machine's own controller, with -machine usb=on */
	QEMU_USB_BOARD,    /* by a controller that is always there */
	QEMU_USB_NONE,
};

struct qemu_machine {
	char name[QEMU_MACHINE_NAME_SIZE]; /* "": the default of that architecture */
	enum qemu_bus bus;
	enum qemu_usb usb;
	int has_pci;   /* 1: PCI devices of the host can be given to it */
	int has_slots; /* 1: slots 1 to 0x18 of its PCI bus are free, but for what others put there */
};

enum qemu_pci { QEMU_PCI_BY_MACHINE = 0, QEMU_PCI_SWITCHED_ON };

/*
 * What is known about a machine.
 *
 * architecture  as in qemu-system-ARCHITECTURE
 * name          as behind -machine, "": none was named
 * pci           was "pcie=on" said, which microvm knows?
 */
struct qemu_machine qemu_machine_find(const char *architecture, const char *name,
				      enum qemu_pci pci);

#endif
