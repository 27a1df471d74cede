/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The command line of vmgrant-helper. Pure: nothing is opened or looked up.
 *
 * The drop-in form is the contract of qemu-bridge-helper: QEMU runs
 * "--use-vnet --fd=N --br=BR", libvirt "[--use-vnet] --br=BR --fd=N"
 * (net_bridge_run_helper() in QEMU, qemuCreateInBridgePortWithHelper() in
 * libvirt), and QEMU adds them to what helper= says already, so that the last of
 * one that comes twice counts. Only the "=" forms exist; what is not known is refused. --mac=ADDRESS
 * is ours: whoever can say a helper= with options can give the guest's address.
 *
 * The native form is "--fd=N" alone: the requests come over the socket.
 */
#ifndef VMGRANT_JUDGE_ARGS_H
#define VMGRANT_JUDGE_ARGS_H

#include "judge/request.h"
#include "wire/refusal/refusal.h"

enum args_mode { ARGS_DROP_IN = 1, ARGS_NATIVE, ARGS_HELP, ARGS_VERSION };

struct args {
	enum args_mode mode;
	struct request request; /* ARGS_DROP_IN */
	int fd;                 /* ARGS_DROP_IN, ARGS_NATIVE: 3 or more, not yet known to be open */
};

/* Returns REPLY_GRANTED, or REPLY_USAGE with *why filled. argc may be 0. */
enum reply_code args_parse(int argc, char *const argv[], struct args *args, struct refusal *why);

#endif
