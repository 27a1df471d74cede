/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant list: a section for each kind of thing, for people or for programs.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIST_LIST_H
#define VMGRANT_CLIENT_COMMAND_LIST_LIST_H

#include <json-c/json.h>
#include <stddef.h>

#include "client/library/vmgrant.h"

struct list {
	struct vmgrant_connection *connection;
	json_object *sections; /* NULL: for people */
	size_t row_count;      /* of all sections; for people only */
	size_t judged_count;   /* of all sections: how many got an answer of their own */
};

/* Those of the caller's guests, of everybody's for root: people see only what is not in place. As the list() of a kind. */
int list_ports(struct list *list);

/*
 * Is the last answer about one thing, or would everything get the same? One odd thing must
 * not take the rest away. Returns 0 to go on, or the exit status and has said why.
 */
int list_check_answer(struct list *list, enum vmgrant_code code);

/* The reason without "OBJECT: " before it, which the row begins with already. */
const char *list_shorten(const char *reason, const char *object);

/* "yes", "no" or "polkit" in the person's language. */
const char *list_verdict_word(enum vmgrant_code code, int asks_polkit);

/* What all entries have: is it allowed, by which code, and why not. */
void list_add_verdict(json_object *object, enum vmgrant_code code, const char *reason);

#endif
