/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * polkit, by its own library. Without privilege.
 */
#ifndef VMGRANT_AUTHORIZE_POLKIT_H
#define VMGRANT_AUTHORIZE_POLKIT_H

#include <polkit/polkit.h>

#include "wire/asker/asker.h"

/* A way to polkit, or why there is none. */
struct polkit {
	GDBusConnection *connection;
	PolkitAuthority *authority;
	GError *error;
};

/*
 * Connect to the system bus and ask polkit about itself, all that can be done before the
 * question is known. Waits as long as the other side does. Returns ASKER_AUTHORISED if
 * a question can be put, or why not, with polkit->error.
 */
enum asker_status polkit_connect(struct polkit *polkit);

/* Print the word of polkit or the bus on what failed. */
void polkit_print_error(const struct polkit *polkit);

/*
 * Put the question and wait for limit_s at most. What is not ASKER_AUTHORISED may have printed
 * polkit's word on it.
 */
enum asker_status polkit_ask(struct polkit *polkit, const struct asker_question *question,
			     unsigned limit_s);

#endif
