/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What becomes of a frame that crosses a bridge in the rules of `iptables -S`. Pure. */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_NETFILTER_IPTABLES_RULES_H
#define VMGRANT_CLIENT_COMMAND_CHECK_NETFILTER_IPTABLES_RULES_H

/*
 * 1 if the chain FORWARD drops what comes in and goes out by a bridge: by its policy, by a last
 * rule, in a chain that it calls. Rules that are about some frames only, for an address or a
 * state, are passed over.
 *
 * text  all chains, as -S without a name prints them
 */
int iptables_drops(const char *text, const char *bridge);

#endif
