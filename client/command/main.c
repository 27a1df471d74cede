/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant: network cards and devices for virtual machines of ordinary users, from the command line. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/wrapper/wrapper.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/nearest.h"
#include "client/text/text.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", command_run, N_("start a program with network cards and devices") },
	{ "attach", command_attach, N_("plug something into a QEMU that runs already") },
	{ "detach", command_detach, N_("take away what attach has plugged in") },
	{ "libvirt", command_libvirt, N_("let a domain of libvirt's start with what run gives") },
	{ "tap", command_tap, N_("make a TAP that stays, for programs that take its name") },
	{ "list", command_list, N_("say what you may have on this machine, and why not the rest") },
	{ "check", command_check, N_("say what is wrong on this machine and how to fix it") },
	{ "setup", command_setup, N_("make this machine ready for people's guests (root)") },
	{ "allow", command_allow,
	  N_("let people have something: add a line to the policy (root)") },
	{ "deny", command_deny, N_("forbid people something: add a line to the policy (root)") },
	{ "check-acl", command_check_acl, N_("say what is wrong in a policy file") },
	{ "reattach", command_reattach, N_("put cards back on their bridges (root)") },
	{ "explain", command_explain, N_("say which rule decides about a bridge or device") },
	{ "log", command_log, N_("say who was given what and when, and what is still held") },
	{ "bridge-helper", command_bridge_helper,
	  N_("stand in for qemu-bridge-helper, without setuid") },
	{ "complete", command_complete, NULL }, /* for shells */
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int print_help(void)
{
	fputs(_("usage: vmgrant COMMAND [ARGUMENT...]\n"
		"\n"
		"Network cards and devices for virtual machines that run without privilege.\n"
		"\n"),
	      stdout);
	for (size_t i = 0; i < COMMAND_COUNT && commands[i].summary != NULL; i++)
		(void)printf("  %-13s %s\n", commands[i].name, _(commands[i].summary));
	(void)printf("  %-13s %s\n", "help", _("say more about a command"));
	fputs(_("\nvmgrant COMMAND --help says more, vmgrant --version which version this is.\n"
		"See vmgrant(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* more: a word behind --version, or NULL */
static int print_version(const char *more)
{
	if (more != NULL)
		return command_fail(VMGRANT_USAGE, _("%.64s: unknown argument: try vmgrant --help"),
				    more);
	(void)printf("vmgrant %s\n", vmgrant_version());
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int fail_unknown(const char *word)
{
	const char *names[COMMAND_COUNT], *nearest;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	nearest = nearest_word(word, names, COMMAND_COUNT);
	if (nearest != NULL)
		return command_fail(VMGRANT_USAGE, _("%.64s: unknown command: did you mean %s?"),
				    word, nearest);
	if (word[0] == '-')
		return command_fail(VMGRANT_USAGE, _("%.64s: unknown option: try vmgrant --help"),
				    word);
	return command_fail(VMGRANT_USAGE, _("%.64s: unknown command: try vmgrant --help"), word);
}

/* argv[0] is the command's name. */
static int run_command(int argc, char **argv)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	}
	return fail_unknown(argv[0]);
}

/* "vmgrant help [COMMAND]" */
static int help(int argc, char **argv)
{
	char *words[] = { argv[2], (char[]){ "--help" }, NULL };

	if (argc == 2)
		return print_help();
	if (argc > 3)
		return command_fail(VMGRANT_USAGE, _("help: takes one command at most: "
						     "try vmgrant --help"));
	return run_command(2, words);
}

/*
 * A card must not become the standard input of a program that was started with
 * none. What stands in goes with exec, and the program finds what was there before.
 */
static int fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (fill_standard_fds() < 0)
		return VMGRANT_INTERNAL;
	/* By a name of its own, where a path must do. */
	if (argc > 0 && strcmp(text_base_name(argv[0]), "bridge-helper") == 0)
		return command_bridge_helper(argc, argv);
	language_choose();
	if (argc > 0 && wrapper_is_name(argv[0]))
		return wrapper_run(argc, argv);
	if (argc < 2)
		return command_fail(VMGRANT_USAGE, _("no command: try vmgrant --help"));
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return print_version(argv[2]);
	if (strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	return run_command(argc - 1, argv + 1);
}
