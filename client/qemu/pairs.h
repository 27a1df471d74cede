/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * An option's keys and values, whether written as "key=value,..." or as JSON.
 *
 * Nested JSON gives the dotted keys that QEMU's own flat syntax has: "file.filename",
 * "server.0.host". Pure functions on memory.
 */
#ifndef VMGRANT_CLIENT_QEMU_PAIRS_H
#define VMGRANT_CLIENT_QEMU_PAIRS_H

#include <stddef.h>

#include "client/qemu/files.h"

struct pair {
	char *key;
	char *value;
	/* Of the value, as it is written. Its length is 0 if it does not stand in argv. */
	struct qemu_place place;
};

struct pairs {
	struct pair *items;
	size_t count;
};

/* value is taken over. */
void pairs_add(struct pairs *pairs, char *key, char *value, struct qemu_place place);

/* Add another list's pair, whose text stays that one's: free(pairs->items) in the end. */
void pairs_borrow(struct pairs *pairs, const struct pair *pair);

/*
 * Add what text, of which place says where it stands, is made of. A first word without '=' is
 * the value of first_key, if that is not NULL; another word without '=' is on, or off if it
 * begins with "no".
 */
void pairs_read_list(struct pairs *pairs, const char *text, const char *first_key,
		     struct qemu_place place);

/* Add the members of a JSON object. Returns 0, or -1 if text is none. */
int pairs_read_json(struct pairs *pairs, const char *text, struct qemu_place place);

/* The last value of a key, which is the one that counts, or NULL. */
const struct pair *pairs_find(const struct pairs *pairs, const char *key);
const char *pairs_value(const struct pairs *pairs, const char *key);

/* Is a later pair of the same key there? */
int pairs_is_superseded(const struct pairs *pairs, const struct pair *pair);

/* Is the key there and on? */
int pairs_is_on(const struct pairs *pairs, const char *key);

void pairs_release(struct pairs *pairs);

/* Of a value at place, the part of length bytes from skipped on; no place if it is quoted in argv. */
struct qemu_place place_part(const char *value, struct qemu_place place, size_t skipped,
			     size_t length);

#endif
