/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * polkit's text agent at work on the terminal, for one question about one process.
 *
 * It ends with text_agent_end(), and with the thread that started it. It comes before
 * an agent that the session has: to be started only where that one did not answer.
 * (pkttyagent --fallback, which is meant for this, is passed over by polkit 122 when
 * the process belongs to no session.)
 */
#ifndef VMGRANT_CLIENT_LIBRARY_TEXT_AGENT_H
#define VMGRANT_CLIENT_LIBRARY_TEXT_AGENT_H

#include <termios.h>

#include "wire/process/child.h"

struct text_agent {
	struct child child;
	int terminal_fd;      /* -1: none */
	struct termios modes; /* of the terminal before the agent used it */
};

/*
 * Start one and wait until polkit knows it.
 *
 * subject  the process about which polkit will be asked, of this user
 *
 * Returns NULL, or why nobody can be asked by it, as the end of a sentence. Either
 * way text_agent_end() has to follow. No signal mask or disposition is different
 * afterwards.
 */
const char *text_agent_start(struct text_agent *agent, pid_t subject);

/* End it, wait for it, and leave the terminal as it was. No effect when none was started. */
void text_agent_end(struct text_agent *agent);

#endif
