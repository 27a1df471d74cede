/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant run: get network cards and devices and become the program that uses them. */
#include "client/command/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/run/confine-display.h"
#include "client/text/message.h"

static int print_help(void)
{
	const char *usage = _("usage: vmgrant run");

	for (int i = 0; i < COMMAND_KINDS; i++) {
		const struct command_kind *kind = command_kinds[i];

		if (kind->run != NULL)
			(void)printf("%*s [--%s %s[,OPTION...]]...\n", (int)strlen(usage),
				     i == 0 ? usage : "", kind->option, kind->object);
	}
	fputs(_("                   [--confine[=WORD,...]] [--file PATH[:ro]]...\n"
		"                   [--display KIND[,path=PATH]]\n"
		"                   [--qemu] [--dry-run] [--prompt|--no-prompt] [--helper PATH]\n"
		"                   [--door auto|setuid|socket] --\n"
		"                   PROGRAM [ARGUMENT...]\n"
		"\n"
		"Gets network cards on bridges, devices and disks and becomes PROGRAM, which finds\n"
		"them open. For QEMU the options that use them are added; other programs say where\n"
		"they want the cards.\n"
		"\n"),
	      stdout);
	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->run != NULL)
			(void)fputs(_(command_kinds[i]->run_help), stdout);
	}
	fputs(_("  --confine[=WORD,...]  shut PROGRAM in: a user, files and network of its own\n"
		"      best           go on without what this machine cannot give, and say so\n"
		"      net-host       with the network of the host\n"
		"      same-user      without a user of its own\n"
		"      memory=SIZE    at most so much, as 4G, with all that is cached for it\n"
		"      tasks=NUMBER   at most so many processes and threads [4096]\n"
		"  --file PATH[:ro]   what a confined PROGRAM may use besides, or only read\n"
		"  --display KIND     none, or vnc-unix or spice-unix: a socket for viewers of a\n"
		"                     confined QEMU [$XDG_RUNTIME_DIR/vmgrant-PID.KIND]\n"
		"  --qemu             PROGRAM is QEMU or starts it, whatever its name is\n"
		"  --dry-run          print the command line; make nothing\n"
		"  --prompt           let polkit ask for a password, by the agent of the desktop\n"
		"                     or on the terminal [if the standard input is a terminal]\n"
		"  --no-prompt        never let polkit ask\n"
		"  --helper PATH      another vmgrant-helper\n"
		"  --door WAY         setuid: start the helper; socket: ask the service [auto: the\n"
		"                     helper, and the service where setuid has no effect]\n"
		"\n"
		"Replaced in ARGUMENT, with N counted from 0 in the order of --net:\n"
		"  {netN.fd} {netN.fds} {netN.vhostfds} {netN.mac} {netN.mtu} {netN.ifname}\n"
		"\n"
		"See vmgrant(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- what the kinds share ---- */

unsigned run_device_flags(const struct run *run)
{
	return run->is_dry ? VMGRANT_DEVICE_QUERY
			   : prompt_flag(run->prompt, VMGRANT_DEVICE_INTERACTIVE);
}

int run_keep_fd(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? -1 : 0;
}

const char *run_machine_name(const struct qemu_machine *machine)
{
	return machine->name[0] == '\0' ? _("(the default)") : machine->name;
}

/* ---- arguments ---- */

static size_t count_for_qemu(const struct run *run)
{
	size_t count = 0;

	for (int i = 0; i < COMMAND_KINDS; i++)
		count += command_kind_needs_qemu(command_kinds[i]) ? run->counts[i] : 0;
	return count;
}

static int asks_for_nothing(const struct run *run)
{
	size_t count = 0;

	for (int i = 0; i < COMMAND_KINDS; i++)
		count += run->counts[i];
	return count == 0;
}

static int check_count(const struct run *run)
{
	char names[COMMAND_KIND_TEXT_SIZE];

	if (asks_for_nothing(run) && !run->confine.is_wanted)
		return command_fail(VMGRANT_USAGE,
				    _("run: specify at least one of %s, --confine: "
				      "try vmgrant run --help"),
				    command_kind_text(names, command_kind_runs, SHOW_OPTION, ""));
	if (run->arguments[0] == NULL)
		return command_fail(VMGRANT_USAGE,
				    _("run: PROGRAM is missing: try vmgrant run --help"));
	return VMGRANT_GRANTED;
}

static int check_program(struct run *run)
{
	char names[COMMAND_KIND_TEXT_SIZE];
	int code = check_count(run);

	if (code != VMGRANT_GRANTED)
		return code;
	code = run_confine_check(&run->confine);
	if (code != VMGRANT_GRANTED)
		return code;
	run_learn_program(run);
	run->adds_options = count_for_qemu(run) > 0;
	if (run->adds_options && !run->qemu.is_qemu)
		return command_fail(
			VMGRANT_USAGE,
			_("%.256s: not a QEMU: %s are for qemu-system-* "
			  "only: if it starts one, add --qemu"),
			run->arguments[0],
			command_kind_text(names, command_kind_needs_qemu, SHOW_OPTION, "and"));
	for (int i = 0; code == VMGRANT_GRANTED && i < COMMAND_KINDS; i++) {
		const struct run_kind *kind = command_kinds[i]->run;

		if (kind != NULL && kind->prepare != NULL)
			code = kind->prepare(run->things[i], run);
	}
	return code == VMGRANT_GRANTED ? run_learn_qemu(run) : code;
}

static int take_thing(struct run *run, int index, const char *text)
{
	int code = command_kinds[index]->run->add(run->things[index], text);

	run->counts[index] += code == VMGRANT_GRANTED;
	return code;
}

/* rest: what stands behind the options. */
static int take_program(struct run *run, char **rest)
{
	run->arguments = run->given.words == NULL ? rest : run->given.words;
	if (run->given.words != NULL && *rest != NULL)
		return command_fail(VMGRANT_USAGE, _("%.256s: not an option of vmgrant run"),
				    *rest);
	return VMGRANT_GRANTED;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct run *run, int argc, char **argv)
{
	struct option options[11 + COMMAND_KINDS] = {
		{ "dry-run", no_argument, NULL, 'd' },
		{ "helper", required_argument, NULL, 'H' },
		{ "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ "qemu", no_argument, NULL, 'k' },
		{ "door", required_argument, NULL, 'w' },
		{ "confine", optional_argument, NULL, 'c' },
		{ "file", required_argument, NULL, 'f' },
		{ "display", required_argument, NULL, 'y' },
	};
	int code = VMGRANT_GRANTED, option;

	command_kind_add_options(options, command_kind_runs);
	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (command_kind_index(option) >= 0)
			code = take_thing(run, command_kind_index(option), optarg);
		else if (option == 'd')
			run->is_dry = 1;
		else if (option == 'k')
			run->says_qemu = 1;
		else if (option == 'H')
			run->helper = optarg;
		else if (option == 'w')
			code = command_set_door(optarg);
		else if (option == 'c')
			code = run_confine_take(&run->confine, optarg);
		else if (option == 'f')
			code = run_confine_add_file(&run->confine, optarg);
		else if (option == 'y')
			code = confine_display_take(&run->confine, optarg);
		else if (option == 'p' || option == 'q')
			run->prompt = option == 'p' ? PROMPT_ALWAYS : PROMPT_NEVER;
		else
			code = command_fail_unknown("run", option, argv, options);
	}
	if (code == VMGRANT_GRANTED)
		code = take_program(run, argv + optind);
	if (code == VMGRANT_GRANTED)
		code = check_program(run);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- asking ---- */

static int ask_for_all(struct run *run)
{
	struct vmgrant_connection *connection;
	int code = VMGRANT_GRANTED;

	if (asks_for_nothing(run))
		return VMGRANT_GRANTED;
	connection = prompt_connect(run->helper, run->prompt);
	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, _("vmgrant-helper: cannot be started: %s"),
				    strerror(errno));
	for (int i = 0; code == VMGRANT_GRANTED && i < COMMAND_KINDS; i++) {
		if (run->counts[i] > 0)
			code = command_kinds[i]->run->ask(run->things[i], run, connection);
	}
	vmgrant_close(connection);
	return code;
}

/* ---- becoming the program ---- */

static int make_words(struct run *run)
{
	int code = VMGRANT_GRANTED;

	for (char **argument = run->arguments; *argument != NULL; argument++)
		words_add(&run->words, text_format("%s", *argument));
	for (int i = 0; code == VMGRANT_GRANTED && i < COMMAND_KINDS; i++) {
		if (run->counts[i] > 0)
			code = command_kinds[i]->run->launch(run->things[i], run);
	}
	if (code == VMGRANT_GRANTED && run->confine.is_wanted)
		code = run_confine_prepare(run);
	return code;
}

static int print_words(const struct run *run)
{
	const struct words *words = &run->words;

	for (size_t i = 0; i < words->count; i++) {
		char *quoted = text_shell_quote(words->items[i]);

		(void)printf("%s%s", i == 0 ? "" : " ", quoted);
		free(quoted);
	}
	putchar('\n');
	if (run->confine.is_wanted)
		run_confine_print(run);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int keep_all(struct run *run)
{
	int code = VMGRANT_GRANTED;

	if (run->confine.is_wanted)
		run_confine_close_others(run);
	for (int i = 0; code == VMGRANT_GRANTED && i < COMMAND_KINDS; i++) {
		if (run->counts[i] > 0)
			code = command_kinds[i]->run->keep(run->things[i]);
	}
	for (int i = 0; code == VMGRANT_GRANTED && i < COMMAND_KINDS; i++) {
		if (run->counts[i] > 0 && command_kinds[i]->run->serve != NULL)
			code = command_kinds[i]->run->serve(run->things[i], run);
	}
	return code;
}

static int become(struct run *run)
{
	char **words = run->words.items;
	int error, code = keep_all(run);

	if (code != VMGRANT_GRANTED)
		return code;
	if (run->confine.is_wanted)
		return run_confine_start(run);
	(void)execvp(words[0], words);
	error = errno;
	return command_fail(error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_EXECUTE,
			    _("%.256s: cannot be started: %s"), words[0], strerror(error));
}

static int run_all(struct run *run)
{
	int code = ask_for_all(run);

	if (code == VMGRANT_GRANTED)
		code = make_words(run);
	if (code == VMGRANT_GRANTED)
		code = run->is_dry ? print_words(run) : become(run);
	words_release(&run->words);
	run_confine_release(&run->confine);
	return code;
}

int run_for_program(int argc, char **argv, const struct run_program *given)
{
	struct run run = { .given = *given, .example_fd = 3 };
	int code;

	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->run != NULL)
			run.things[i] = text_need(calloc(1, command_kinds[i]->run->size));
	}
	code = parse(&run, argc, argv);
	if (code < 0)
		code = run_all(&run);
	for (int i = 0; i < COMMAND_KINDS; i++)
		free(run.things[i]);
	return code;
}

int command_run(int argc, char **argv)
{
	const struct run_program none = { 0 };

	return run_for_program(argc, argv, &none);
}
