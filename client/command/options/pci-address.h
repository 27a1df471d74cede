/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Addresses of PCI devices as people write them.
 */
#ifndef VMGRANT_CLIENT_COMMAND_OPTIONS_PCI_ADDRESS_H
#define VMGRANT_CLIENT_COMMAND_OPTIONS_PCI_ADDRESS_H

#include <stddef.h>

/* A domain of at most seven digits, "1234567:e1:00.0", and the NUL. */
#define PCI_ADDRESS_SIZE 16u

/*
 * Bring "03:00.0", as lspci prints it, and "0000:03:00.0" or "10000:E1:00.0" into the kernel's
 * form, which has a domain and small letters. text need not end behind length.
 * Returns 0, or -1 if it is no PCI address.
 */
int pci_address_complete(const char *text, size_t length, char address_out[PCI_ADDRESS_SIZE]);

#endif
