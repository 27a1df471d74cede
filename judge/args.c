/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The command line of vmgrant-helper. Pure: nothing is opened or looked up. */
#include "judge/args.h"

#include <string.h>

#include "wire/port/mac.h"
#include "wire/process/door.h"

/* Of the program that was called: vmgrant-helper, or vmgrant bridge-helper. */
#define TRY_HELP "try --help"

/*
 * The values as they stand in the arguments. Of one that is given twice the last counts,
 * as in qemu-bridge-helper: QEMU adds its own arguments to those of helper=.
 */
struct given {
	const char *bridge, *fd, *mac;
	int use_vnet;
};

static enum reply_code take_bridge(const char *name, struct args *args, struct refusal *why)
{
	if (!acl_bridge_name_valid(name))
		return refuse(why, REPLY_USAGE,
			      "--br=%.64s: not a bridge name: 1 to %u characters, without white "
			      "space or any of / : %% * # \"",
			      name, ACL_BRIDGE_NAME_MAX);
	memcpy(args->request.bridge, name, strlen(name) + 1);
	return REPLY_GRANTED;
}

static enum reply_code take_fd(const char *text, struct args *args, struct refusal *why)
{
	args->fd = door_parse_fd(text);
	if (args->fd < 0)
		return refuse(why, REPLY_USAGE,
			      "--fd=%.64s: not a file descriptor: a decimal number, 3 or more", text);
	return REPLY_GRANTED;
}

/* Of a guest that is to be on a port with lock-mac; qemu-bridge-helper has no such option. */
static enum reply_code take_mac(const char *text, struct args *args, struct refusal *why)
{
	args->request.has_mac = 1;
	if (mac_parse(text, strlen(text), args->request.guest_mac) < 0 ||
	    !mac_is_usable(args->request.guest_mac))
		return refuse(why, REPLY_USAGE,
			      "--mac=%.64s: not an address of one card, like 52:54:00:12:34:56",
			      text);
	return REPLY_GRANTED;
}

static enum reply_code note_option(const char *option, struct given *given, struct refusal *why)
{
	if (strncmp(option, "--br=", 5) == 0)
		given->bridge = option + 5;
	else if (strncmp(option, "--fd=", 5) == 0)
		given->fd = option + 5;
	else if (strncmp(option, "--mac=", 6) == 0)
		given->mac = option + 6;
	else if (strcmp(option, "--use-vnet") == 0)
		given->use_vnet = 1;
	else
		return refuse(why, REPLY_USAGE, "%.64s: unknown argument: " TRY_HELP, option);
	return REPLY_GRANTED;
}

static enum reply_code take_given(const struct given *given, struct args *args,
				  struct refusal *why)
{
	enum reply_code code;

	if (given->fd == NULL)
		return refuse(why, REPLY_USAGE, "--fd=FD: missing: " TRY_HELP);
	if (given->bridge == NULL && (given->use_vnet || given->mac != NULL))
		return refuse(why, REPLY_USAGE, "--br=BRIDGE: missing: " TRY_HELP);
	code = take_fd(given->fd, args, why);
	if (code == REPLY_GRANTED && given->bridge != NULL)
		code = take_bridge(given->bridge, args, why);
	if (code == REPLY_GRANTED && given->mac != NULL)
		code = take_mac(given->mac, args, why);
	return code;
}

static enum reply_code parse_service(int argc, char *const argv[], struct args *args,
				     struct refusal *why)
{
	const struct door door = door_find(argc, argv);
	struct given given = { 0 };

	args->request.kind = ACL_KIND_BRIDGE;
	args->request.purpose = PURPOSE_GRANT;
	args->request.origin = REQUEST_DROP_IN;
	args->request.queues = 1;
	if (door.kind == DOOR_SERVICE) {
		args->mode = ARGS_NATIVE;
		args->fd = door.fd;
		return REPLY_GRANTED;
	}
	for (int i = 1; i < argc; i++) {
		enum reply_code code = note_option(argv[i], &given, why);

		if (code != REPLY_GRANTED)
			return code;
	}
	args->mode = given.bridge != NULL ? ARGS_DROP_IN : ARGS_NATIVE;
	args->request.vnet_header = given.use_vnet ? VNET_HEADER_ON : VNET_HEADER_OFF;
	return take_given(&given, args, why);
}

enum reply_code args_parse(int argc, char *const argv[], struct args *args, struct refusal *why)
{
	*args = (struct args){ .fd = -1 };
	if (argc < 2)
		return refuse(why, REPLY_USAGE,
			      "no arguments: this program is started by QEMU or libvirt: " TRY_HELP);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		args->mode = ARGS_HELP;
		return REPLY_GRANTED;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		args->mode = ARGS_VERSION;
		return REPLY_GRANTED;
	}
	/* Until the next release: what these did takes no privilege. */
	if (strcmp(argv[1], "--check-acl") == 0)
		return refuse(why, REPLY_USAGE, "--check-acl: has moved: run vmgrant check-acl");
	if (strcmp(argv[1], "--explain") == 0)
		return refuse(why, REPLY_USAGE, "--explain: has moved: run vmgrant explain");
	return parse_service(argc, argv, args, why);
}
