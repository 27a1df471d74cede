/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of vmgrant run --confine=WORD,... */
#include <stdint.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/options/option-words.h"
#include "client/command/run/run-confine.h"
#include "client/text/message.h"

/* QEMU has a thread for each processor and some dozens that wait for disks; a fork bomb ends. */
#define TASKS 4096u
#define TASKS_MAX 4194304u
#define MEMORY_MIN (1u << 20)

/* "512M". Returns 0, or -1 if it is no size. */
static int read_size(struct piece piece, unsigned long long *bytes_out)
{
	static const char units[] = "KMGT";
	const char *unit = piece.length > 0 ? memchr(units, piece.text[piece.length - 1], 4) : NULL;
	const unsigned shift = unit == NULL ? 0 : 10 * ((unsigned)(unit - units) + 1);
	uint64_t number;

	piece.length -= unit != NULL;
	if (piece_number(piece, 1, UINT64_MAX >> shift, &number) < 0)
		return -1;
	*bytes_out = number << shift;
	/* QEMU's own -m 64 has another unit: nothing starts in 64 bytes. */
	return *bytes_out < MEMORY_MIN ? -1 : 0;
}

/* Returns 0, or -1 if it is none of the words. */
static int take_word(struct run_confine *run, struct piece piece)
{
	struct confine *confine = &run->confine;
	struct piece memory = piece_value(piece, "memory"), tasks = piece_value(piece, "tasks");
	uint64_t number;

	if (piece_is(piece, "best")) {
		confine->level = CONFINE_BEST;
	} else if (piece_is(piece, "net-host")) {
		confine->keeps_network = 1;
	} else if (piece_is(piece, "same-user")) {
		run->keeps_user = 1;
	} else if (memory.text != NULL) {
		confine->limits.are_wanted = 1;
		return read_size(memory, &confine->limits.memory_bytes);
	} else if (tasks.text != NULL) {
		if (piece_number(tasks, 1, TASKS_MAX, &number) < 0)
			return -1;
		confine->limits.are_wanted = 1;
		confine->limits.tasks = (unsigned)number;
	} else {
		return -1;
	}
	return 0;
}

int run_confine_take(struct run_confine *confine, const char *words)
{
	struct piece piece = piece_first(words == NULL ? "" : words);

	confine->is_wanted = 1;
	if (confine->confine.limits.tasks == 0)
		confine->confine.limits.tasks = TASKS;
	if (words == NULL)
		return VMGRANT_GRANTED;
	do {
		if (take_word(confine, piece) < 0)
			return command_fail(VMGRANT_USAGE,
					    _("--confine=%.64s: takes best, net-host, same-user, "
					      "memory=SIZE (1M or more) and tasks=NUMBER, "
					      "separated by commas"),
					    words);
	} while (piece_next(&piece));
	return VMGRANT_GRANTED;
}
