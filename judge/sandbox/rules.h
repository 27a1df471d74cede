/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a line of a list of calls adds to a filter. Of the build's program generate.c.
 */
#ifndef VMGRANT_JUDGE_SANDBOX_RULES_H
#define VMGRANT_JUDGE_SANDBOX_RULES_H

#include <fcntl.h>
#include <stdint.h>

#include <seccomp.h>

/* O_TMPFILE without the O_DIRECTORY in it. */
#define TMPFILE_BIT 020000000
#define WRITING ((scmp_datum_t)(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | TMPFILE_BIT))

struct list {
	scmp_filter_ctx filter;
	uint32_t architecture;
	unsigned line; /* of the list, for messages */
};

/* End the program with a message about a line. */
_Noreturn void list_fail(const struct list *list, const char *what, const char *why);

/* Add what a word of the list stands for, for a call of this name. */
void list_add(const struct list *list, const char *word, const char *name);

/*
 * Memory cannot be compared, but where a text lies can: an address is put in when the filter is
 * loaded. These stand for two of them until then.
 */
#define OWN_PATHS 2u
extern const scmp_datum_t list_own_paths[OWN_PATHS];

#endif
