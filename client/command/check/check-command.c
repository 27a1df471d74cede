/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: what is wrong on this machine for one person, and how to fix it. */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/common/command.h"
#include "client/command/kind/kind.h"
#include "client/text/language.h"
#include "client/text/message.h"

/* With whose rights a check looks, if root asks for somebody else. */
enum rights { AS_PERSON = 0, AS_RUNNER };

/* In this order they are printed: what makes all the rest hopeless comes first. */
static const struct {
	const char *name;
	void (*run)(struct check *check);
	enum rights rights;
} checks[] = {
	{ "process", check_process, AS_PERSON },
	{ "helper", check_helper, AS_PERSON },
	{ "account", check_account, AS_PERSON },
	{ "service", check_service, AS_PERSON },
	{ "acl", check_acl, AS_RUNNER },
	{ "bridges", check_bridges, AS_PERSON },
	{ "netfilter", check_netfilter, AS_RUNNER },
	{ "actions", check_actions, AS_PERSON },
	{ "polkit", check_polkit, AS_PERSON },
	{ "agent", check_agent, AS_PERSON },
	{ "tun", check_tun, AS_PERSON },
	{ "namespaces", check_namespaces, AS_PERSON },
	{ "kvm", check_kvm, AS_PERSON },
	{ "vhost", check_vhost, AS_PERSON },
	{ "memory", check_memory, AS_PERSON },
	{ "qemu", check_qemu, AS_PERSON },
	{ "ports", check_ports, AS_PERSON },
	{ "bridge-address", check_bridge_addresses, AS_PERSON },
	{ "libvirt", check_libvirt, AS_PERSON },
	{ "domains", check_domains, AS_PERSON },
	{ "boxes", check_boxes, AS_PERSON },
	{ "old-helper", check_old_helper, AS_PERSON },
	{ "apparmor", check_apparmor, AS_PERSON },
	{ "beside", check_beside, AS_RUNNER },
};

#define CHECK_COUNT (sizeof checks / sizeof checks[0])

struct options {
	const struct command_kind *kind; /* of check->object */
	int is_confine;                  /* --confine */
	const char *user;
	int is_json;
	struct check_print print;
};

static int print_help(void)
{
	fputs(_("usage: vmgrant check [--user NAME] ["), stdout);
	for (int i = 0, count = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->check != NULL)
			(void)printf("%s--%s %s", count++ == 0 ? "" : " | ",
				     command_kinds[i]->option, command_kinds[i]->object);
	}
	fputs(_(" | --confine] [--quiet]\n"
		"                     [--json] [--helper PATH]\n"
		"\n"
		"Looks for everything that can keep a guest from what it needs. Each finding is\n"
		"a line; how to fix it is on the next. To be sure, a card on each allowed bridge\n"
		"is asked for and given back at once. Nobody is asked for a password.\n"
		"\n"
		"  --user NAME     for this user; only for root [who runs it, also by sudo]\n"),
	      stdout);
	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->check != NULL)
			(void)fputs(_(command_kinds[i]->check_help), stdout);
	}
	fputs(_("  --confine       what this machine gives to vmgrant run --confine\n"
		"  -q, --quiet     only what is wrong\n"
		"  --json          for programs\n"
		"  --helper PATH   another vmgrant-helper\n"
		"\n"),
	      stdout);
	(void)printf(_("The exit status is %d if a line says FAIL, else 0. See vmgrant(1).\n"),
		     COMMAND_FOUND);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- whom it is about ---- */

/* Who called sudo wants to know about himself; root alone means root. */
static const char *user_behind_sudo(void)
{
	const char *name = geteuid() == 0 && getuid() == 0 ? getenv("SUDO_USER") : NULL;

	return name != NULL && *name != '\0' ? name : NULL;
}

/* A process may have an id without an account: the helper will say so. */
static void take_nameless(struct person *person)
{
	*person = (struct person){ .name = text_format("%u", (unsigned)getuid()),
				   .home = text_format("/"), .uid = getuid() };
}

static int find_person(struct person *person, const char *user)
{
	const char *name = user != NULL ? user : user_behind_sudo();
	int code;

	if (name == NULL && !person_is_known(getuid())) {
		take_nameless(person);
		return VMGRANT_GRANTED;
	}
	code = person_find(person, name);
	if (code == VMGRANT_GRANTED && person->is_other && geteuid() != 0)
		return command_fail(VMGRANT_USAGE,
				    _("check: --user %.64s: only root can check for "
				      "somebody else: sudo vmgrant check --user %.64s"),
				    name, name);
	return code;
}

/* For the rest of this process: what follows is to happen to that person. */
static int become_person(const struct person *person)
{
	if (setgroups(person->group_count, person->groups) < 0 ||
	    setresgid(person->groups[0], person->groups[0], person->groups[0]) < 0 ||
	    setresuid(person->uid, person->uid, person->uid) < 0)
		return command_fail(VMGRANT_INTERNAL, _("check: cannot become user %s: %s"),
				    person->name, strerror(errno));
	(void)unsetenv("XDG_CONFIG_HOME");
	(void)unsetenv("XDG_RUNTIME_DIR");
	if (setenv("HOME", person->home, 1) < 0 || setenv("USER", person->name, 1) < 0)
		return command_fail(VMGRANT_INTERNAL, _("check: no memory is left"));
	return VMGRANT_GRANTED;
}

/* ---- running ---- */

static void run_checks(struct check *check, enum rights rights)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		check->name = checks[i].name;
		if (checks[i].rights == rights)
			checks[i].run(check);
	}
}

/* In the order of the table, whatever the order was in which they ran. */
static void sort_findings(struct check *check)
{
	struct finding *sorted = text_need(calloc(check->count + 1, sizeof *sorted));
	size_t count = 0;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		for (size_t k = 0; k < check->count; k++) {
			if (strcmp(check->findings[k].check, checks[i].name) == 0)
				sorted[count++] = check->findings[k];
		}
	}
	free(check->findings);
	check->findings = sorted;
}

static int check_all(struct check *check)
{
	int code = VMGRANT_GRANTED;

	run_checks(check, AS_RUNNER);
	if (check->person->is_other)
		code = become_person(check->person);
	if (code != VMGRANT_GRANTED)
		return code;
	check_probe(check);
	run_checks(check, AS_PERSON);
	sort_findings(check);
	return VMGRANT_GRANTED;
}

static int check_one(struct check *check, const char *name, void (*run)(struct check *check))
{
	int code = check->person->is_other ? become_person(check->person) : VMGRANT_GRANTED;

	check->name = name;
	if (code == VMGRANT_GRANTED)
		run(check);
	return code;
}

static int check_chosen(struct check *check, const struct options *options)
{
	if (options->is_confine)
		return check_one(check, "confine", check_confine);
	if (options->kind != NULL)
		return check_one(check, options->kind->word, options->kind->check);
	return check_all(check);
}

static int check_person(struct check *check, const struct options *options)
{
	int code = check_chosen(check, options);

	if (code == VMGRANT_GRANTED) {
		if (options->is_json)
			check_print_json(check, &options->print);
		else
			check_print_text(check, &options->print);
		code = check_worst(check) == CHECK_FAIL ? COMMAND_FOUND : COMMAND_DONE;
		if (fflush(stdout) != 0)
			code = VMGRANT_INTERNAL;
	}
	check_release(check);
	return code;
}

static int check(struct check *check, const struct options *options)
{
	struct person person = { 0 };
	int code;

	if (options->is_json)
		language_stay_english();
	code = find_person(&person, options->user);

	check->person = &person;
	check->user = person.name;
	check->is_root = geteuid() == 0;
	check->is_mapped = person_all_ids_mapped(check->root);
	if (code == VMGRANT_GRANTED)
		code = check_person(check, options);
	check->person = NULL;
	person_release(&person);
	return code;
}

int command_check(int argc, char **argv)
{
	struct option long_options[7 + COMMAND_KINDS] = {
		{ "user", required_argument, NULL, 'u' },   { "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },        { "help", no_argument, NULL, 'h' },
		{ "helper", required_argument, NULL, 'H' }, { "confine", no_argument, NULL, 'c' },
	};
	struct check state = { .root = "", .helper = VMGRANT_HELPER };
	struct options options = { 0 };
	int option, index;

	command_kind_add_options(long_options, command_kind_checks);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:hq", long_options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'u')
			options.user = optarg;
		else if ((index = command_kind_index(option)) >= 0) {
			options.kind = command_kinds[index];
			state.object = optarg;
		}
		else if (option == 'q')
			options.print.is_quiet = 1;
		else if (option == 'c')
			options.is_confine = 1;
		else if (option == 'j')
			options.is_json = 1;
		else if (option == 'H')
			state.helper = optarg;
		else
			return command_fail_unknown("check", option, argv, long_options);
	}
	if (optind < argc)
		return command_fail(VMGRANT_USAGE,
				    _("check: %.64s: takes no argument: "
				      "try vmgrant check --help"),
				    argv[optind]);
	return check(&state, &options);
}
