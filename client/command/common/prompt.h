/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Whether polkit may ask the person, and a connection for which it may.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_PROMPT_H
#define VMGRANT_CLIENT_COMMAND_COMMON_PROMPT_H

#include "client/library/vmgrant.h"

enum prompt { PROMPT_ON_TERMINAL = 0, PROMPT_ALWAYS, PROMPT_NEVER };

/* May polkit ask the person? Then flag, else 0. */
unsigned prompt_flag(enum prompt prompt, unsigned flag);

/* Connect to a helper, for which polkit may ask on the terminal if it may ask at all. */
struct vmgrant_connection *prompt_connect(const char *helper, enum prompt prompt);

#endif
