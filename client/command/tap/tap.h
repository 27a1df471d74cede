/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant tap: what it was asked for, and its parts.
 */
#ifndef VMGRANT_CLIENT_COMMAND_TAP_TAP_H
#define VMGRANT_CLIENT_COMMAND_TAP_TAP_H

#include "client/command/common/prompt.h"

struct tap {
	const char *bridge; /* NULL: list those that are there */
	const char *remove; /* the name of one; NULL: none */
	const char *helper;
	enum prompt prompt;
	int is_json;
};

/* Each returns 0, or the exit status and has said why. */
int tap_make(const struct tap *tap);
int tap_list(const struct tap *tap);
int tap_remove(const struct tap *tap);

#endif
