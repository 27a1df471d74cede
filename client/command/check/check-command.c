/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: everything that can be wrong, one line each, with what mends it. */
#include <getopt.h>
#include <json-c/json.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/common/command.h"

/* In this order they are run and printed: what makes all the rest hopeless comes first. */
static const struct {
	const char *name;
	void (*run)(struct check *check);
} checks[] = {
	{ "process", check_process },   { "helper", check_helper },
	{ "account", check_account },   { "acl", check_acl },
	{ "bridges", check_bridges },   { "actions", check_actions },
	{ "polkit", check_polkit },     { "agent", check_agent },
	{ "tun", check_tun },           { "namespaces", check_namespaces },
	{ "kvm", check_kvm },           { "vhost", check_vhost },
	{ "memory", check_memory },     { "qemu", check_qemu },
	{ "libvirt", check_libvirt },   { "old-helper", check_old_helper },
};

#define CHECK_COUNT (sizeof checks / sizeof checks[0])

/* Words and colours of the levels. */
static const struct {
	const char *word, *colour;
} levels[] = {
	[CHECK_OK] = { "ok", "\033[32m" },
	[CHECK_INFO] = { "info", "" },
	[CHECK_WARN] = { "warn", "\033[33m" },
	[CHECK_FAIL] = { "FAIL", "\033[31m" },
};

struct options {
	int is_json, is_quiet;
};

static int print_help(void)
{
	fputs("usage: vmgrant check [--vfio ADDRESS] [--quiet] [--json] [--helper PATH]\n"
	      "\n"
	      "Looks for everything that can keep a guest from what it needs, and says in a\n"
	      "line each what is wrong and what mends it. Changes nothing; polkit is asked\n"
	      "whether it is there, nobody is asked for a password.\n"
	      "\n"
	      "  --vfio ADDRESS  look at this PCI device and its group instead, \"0000:03:00.0\"\n"
	      "  --quiet         only what is wrong\n"
	      "  --json          for programs\n"
	      "  --helper PATH   another vmgrant-helper\n"
	      "\n",
	      stdout);
	(void)printf("The exit status is %d if a line says FAIL, else 0. See vmgrant(1).\n",
		     COMMAND_FOUND);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- for people ---- */

static void print_finding(const struct finding *finding, const char *colour, const char *plain)
{
	(void)printf("%s%-4s%s  %s%s%s\n", colour, levels[finding->level].word, plain,
		     finding->what, finding->mend == NULL ? "" : ": ",
		     finding->mend == NULL ? "" : finding->mend);
}

static void print_findings(const struct check *check, const struct options *options)
{
	int is_coloured = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;

	for (size_t i = 0; i < check->count; i++) {
		const struct finding *finding = &check->findings[i];

		if (options->is_quiet && finding->level < CHECK_WARN)
			continue;
		if (is_coloured)
			print_finding(finding, levels[finding->level].colour, "\033[0m");
		else
			print_finding(finding, "", "");
	}
}

/* ---- for programs ---- */

static void add_text(json_object *object, const char *key, const char *text)
{
	(void)json_object_object_add(object, key, json_object_new_string(text));
}

static void print_json(const struct check *check, const struct options *options)
{
	json_object *object = json_object_new_object();
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < check->count; i++) {
		const struct finding *finding = &check->findings[i];
		json_object *entry;

		if (options->is_quiet && finding->level < CHECK_WARN)
			continue;
		entry = json_object_new_object();
		add_text(entry, "check", finding->check);
		add_text(entry, "level",
			 finding->level == CHECK_FAIL ? "fail" : levels[finding->level].word);
		add_text(entry, "text", finding->what);
		if (finding->mend != NULL)
			add_text(entry, "mend", finding->mend);
		(void)json_object_array_add(array, entry);
	}
	(void)json_object_object_add(object, "findings", array);
	(void)json_object_object_add(object, "good",
				     json_object_new_boolean(check_worst(check) < CHECK_FAIL));
	(void)puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(object);
}

/* ---- the command ---- */

static int run_checks(struct check *check, const struct options *options)
{
	const struct passwd *entry = getpwuid(getuid());
	char *user = entry != NULL ? text_format("%s", entry->pw_name)
				   : text_format("%u", (unsigned)getuid());
	int code;

	check->user = user;
	if (check->device != NULL) {
		check->name = "vfio";
		check_vfio(check);
	}
	for (size_t i = 0; check->device == NULL && i < CHECK_COUNT; i++) {
		check->name = checks[i].name;
		checks[i].run(check);
	}
	if (options->is_json)
		print_json(check, options);
	else
		print_findings(check, options);
	code = VMGRANT_GRANTED;
	if (check_worst(check) == CHECK_FAIL)
		code = COMMAND_FOUND;
	check_release(check);
	free(user);
	return fflush(stdout) == 0 ? code : VMGRANT_INTERNAL;
}

int command_check(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "vfio", required_argument, NULL, 'v' },   { "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },         { "help", no_argument, NULL, 'h' },
		{ "helper", required_argument, NULL, 'H' }, { 0 },
	};
	struct check check = { .root = "", .helper = VMGRANT_HELPER };
	struct options options = { 0 };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", long_options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'v')
			check.device = optarg;
		else if (option == 'q')
			options.is_quiet = 1;
		else if (option == 'j')
			options.is_json = 1;
		else if (option == 'H')
			check.helper = optarg;
		else
			return command_fail_option("check", option, argv);
	}
	if (optind < argc)
		return command_fail(VMGRANT_USAGE, "check: %.64s: takes no argument: "
				    "try vmgrant check --help", argv[optind]);
	return run_checks(&check, &options);
}
