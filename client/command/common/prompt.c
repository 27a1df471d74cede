/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether polkit may ask the person, and a connection for which it may. */
#include "client/command/common/prompt.h"

#include <unistd.h>

unsigned prompt_flag(enum prompt prompt, unsigned flag)
{
	int may_ask = prompt == PROMPT_ON_TERMINAL ? isatty(STDIN_FILENO)
						   : prompt == PROMPT_ALWAYS;

	return may_ask ? flag : 0;
}

struct vmgrant_connection *prompt_connect(const char *helper, enum prompt prompt)
{
	return vmgrant_connect_with(helper,
				    prompt_flag(prompt, VMGRANT_CONNECT_TEXT_AGENT));
}
