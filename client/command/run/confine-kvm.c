/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* /dev/kvm for a confined QEMU. It takes the node by name, and a set of fds for one, since 9.2. */
#include "client/command/run/confine-kvm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/options/option-words.h"
#include "client/command/qemu/qemu-program.h"
#include "client/command/run/run.h"
#include "client/text/message.h"

#define NODE "/dev/kvm"
#define QEMU_KVM_DEVICE QEMU_VERSION(9, 2)

/* The words anew. */
struct rewriting {
	struct words words;
	char *accelerators; /* "kvm:tcg", of -machine; NULL: it has none */
	int wants_kvm;
};

static int is_the_persons_alone(void)
{
	struct stat status;

	return stat(NODE, &status) == 0 && (status.st_mode & 06) != 06 &&
	       access(NODE, R_OK | W_OK) == 0;
}

static void add_accelerator(struct rewriting *rewriting, const char *text)
{
	const struct piece name = piece_first(text);
	const int is_kvm = piece_is(name, "kvm") || piece_is(name, "accel=kvm");

	words_add(&rewriting->words, text_format("-accel"));
	words_add(&rewriting->words, is_kvm && strstr(text, "device=") == NULL
					     ? text_format("%s,device=" NODE, text)
					     : text_format("%s", text));
	rewriting->wants_kvm |= is_kvm;
}

/* Without "accel=", which does not go together with -accel. */
static void add_machine(struct rewriting *rewriting, const char *option, const char *text)
{
	struct piece piece = piece_first(text);
	char *rest = NULL;

	do {
		const struct piece list = piece_value(piece, "accel");

		if (list.text != NULL) {
			free(rewriting->accelerators);
			rewriting->accelerators = text_format("%.*s", (int)list.length, list.text);
			continue;
		}
		if (rest != NULL)
			text_append(&rest, ",", 1);
		text_append(&rest, piece.text, piece.length);
	} while (piece_next(&piece));
	if (rest == NULL)
		return;
	words_add(&rewriting->words, text_format("%s", option));
	words_add(&rewriting->words, rest);
}

static void add_accelerators(struct rewriting *rewriting)
{
	char *rest = rewriting->accelerators, *name;

	while ((name = strsep(&rest, ":")) != NULL)
		add_accelerator(rewriting, name);
	free(rewriting->accelerators);
}

/* Returns how many words it was. */
static size_t add_option(struct rewriting *rewriting, char *const *word)
{
	const char *name = *word;

	name += name[0] == '-' && name[1] == '-';
	if (strcmp(name, "-enable-kvm") == 0) {
		add_accelerator(rewriting, "kvm");
		return 1;
	}
	if (word[1] != NULL && *word[1] != '{' && strcmp(name, "-accel") == 0) {
		add_accelerator(rewriting, word[1]);
		return 2;
	}
	if (word[1] != NULL && *word[1] != '{' &&
	    (strcmp(name, "-machine") == 0 || strcmp(name, "-M") == 0)) {
		add_machine(rewriting, *word, word[1]);
		return 2;
	}
	words_add(&rewriting->words, text_format("%s", *word));
	return 1;
}

static int knows_device(struct run *run)
{
	if (run->qemu.version == 0)
		run->qemu.version = qemu_program_version(*run_find_qemu(run));
	return run->qemu.version >= QEMU_KVM_DEVICE;
}

void confine_kvm_name(struct run *run)
{
	struct rewriting rewriting = { 0 };

	if (run->confine.without_ids != NULL || !is_the_persons_alone())
		return;
	for (char *const *word = run->words.items; *word != NULL;)
		word += add_option(&rewriting, word);
	add_accelerators(&rewriting);
	if (rewriting.wants_kvm && knows_device(run)) {
		const struct words before = run->words;

		run->words = rewriting.words;
		rewriting.words = before;
	} else if (rewriting.wants_kvm) {
		(void)command_fail(
			0,
			_("--confine: %s: closed to the user that QEMU has here, and QEMU before 9.2 takes no open one: --confine=same-user"),
			NODE);
	}
	words_release(&rewriting.words);
}
