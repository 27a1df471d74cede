/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The words of --net: BRIDGE[,queues=N][,vhost=on|off][,vnet=on|off][,mac=ADDR][,model=NAME]
 * [,id=NAME][,bus=NAME]. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_NET_OPTION_H
#define VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_NET_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "client/command/options/option-words.h"

#define NET_OPTION_MAC_TEXT_SIZE 18
#define NET_OPTION_MODEL "virtio-net-pci"

enum net_option_vhost { NET_OPTION_VHOST_OFF = 0, NET_OPTION_VHOST_ON };
enum net_option_vnet { NET_OPTION_VNET_ON = 0, NET_OPTION_VNET_OFF };

struct net_option {
	char bridge[16];
	unsigned queues;
	enum net_option_vhost vhost;
	enum net_option_vnet vnet; /* the virtio-net header before each frame */
	int has_mac; /* 1: mac is set */
	uint8_t mac[6];
	char model[OPTION_NAME_SIZE]; /* QEMU's name of the card, "": by the machine */
	char id[OPTION_NAME_SIZE];    /* "": none was given */
	char bus[OPTION_NAME_SIZE];   /* "": QEMU's choice */
};

/* Returns 0, or -1 with a phrase in why: "WHAT: WHY". */
int net_option_parse(const char *text, struct net_option *option, char *why, size_t why_size);

/* Only these models have several queues and are told an MTU. */
int net_option_is_virtio(const struct net_option *option);

/* Is it known that the model goes to a PCI bus? */
int net_option_is_pci(const struct net_option *option);

/* The interrupts that a card with several queues wants, 0: QEMU's own choice is right. */
unsigned net_option_vectors(const struct net_option *option);

/* "52:54:00:12:34:56" in text, which has room for it. Returns text. */
char *net_option_format_mac(char text[NET_OPTION_MAC_TEXT_SIZE], const uint8_t mac[6]);

/*
 * A locally administered address that is the same whenever seed is, and another
 * one otherwise: 52:54:00, as QEMU has it, and 24 bits of the seed.
 */
void net_option_derive_mac(uint8_t mac[6], const void *seed, size_t length);

#endif
