/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The kinds of things that the command is about: one row each.
 *
 * The subcommands know no kind: they go through the rows. judge/kind/list.h is the list of
 * all kinds; a kind's row and what it points to are in the folder here that has its name,
 * which includes no other kind.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_KIND_H
#define VMGRANT_CLIENT_COMMAND_KIND_KIND_H

#include <getopt.h>
#include <stddef.h>

#include "judge/kind/list.h"

struct acl;
struct acl_object;
struct attach_kind;
struct check;
struct list;
struct run_kind;
struct words;

struct command_kind {
	const char *word;    /* in rules and in vmgrant explain: "bridge" */
	const char *option;  /* "net": --net */
	const char *object;  /* what stands behind the option: "BRIDGE" */
	const char *none;    /* in sentences: "no bridge", to be translated */
	const char *example; /* of an object: "br0" */

	/* What --help says of it: lines, each with its newline. */
	const char *run_help, *attach_help, *check_help, *explain_help;

	/* For completions: what it is, and the words behind its option's commas. */
	const char *summary, *run_words, *attach_words;
	/* A word of these takes the rest, commas too: "serial="; NULL: none. */
	const char *last_word;
	/* Add the objects that this machine has, for that subcommand. */
	void (*objects)(struct words *objects, const char *command);

	const struct run_kind *run;       /* run/run.h; NULL: not for vmgrant run */
	const struct attach_kind *attach; /* attach/attach.h; NULL: not for a QEMU that runs */

	/*
	 * Ask about all that this machine has of it, and print the rows or add a section.
	 * Returns 0, or the exit status and has said why.
	 */
	int (*list)(struct list *list);

	/* Add what is found out about check->object. NULL: vmgrant check has no such option. */
	void (*check)(struct check *check);

	/* For vmgrant explain. The whole name of an object, to be freed; NULL: it is whole. */
	char *(*complete)(const char *object);
	/*
	 * Let the object have what this machine knows of it, and what rules of the policy call
	 * it. Returns memory for forget(), or NULL. NULL: a rule's words say all.
	 */
	void *(*look)(struct acl_object *object, const struct acl *acl);
	void (*forget)(void *memory);
};

#define DECLARE(NAME, name) extern const struct command_kind command_kind_##name;
KINDS(DECLARE)
#undef DECLARE

/* The index of each, and how many there are. */
#define NUMBER(NAME, name) COMMAND_KIND_##NAME,
enum { KINDS(NUMBER) COMMAND_KINDS };
#undef NUMBER

/* In the order of the list. */
extern const struct command_kind *const command_kinds[COMMAND_KINDS];

/* A choice of kinds: 1 if it has that one. */
typedef int command_kind_choice(const struct command_kind *kind);
command_kind_choice command_kind_runs, command_kind_needs_qemu, command_kind_attaches,
	command_kind_follows, command_kind_checks;

/*
 * Put the options of a choice of kinds behind those that a subcommand has for itself:
 * options has room for COMMAND_KINDS more and a zeroed end.
 */
void command_kind_add_options(struct option *options, command_kind_choice *choice);

/* The index of the kind whose option getopt_long() has found; -1: it is no kind's. */
int command_kind_index(int option);

/* "--usb, --vfio and --disk", with last instead of "and"; "or BRIDGE" style: SHOW_OBJECT. */
enum command_kind_show { SHOW_OPTION = 0, SHOW_OBJECT, SHOW_NONE };
#define COMMAND_KIND_TEXT_SIZE 256
const char *command_kind_text(char text[COMMAND_KIND_TEXT_SIZE], command_kind_choice *choice,
			      enum command_kind_show show, const char *last);

#endif
