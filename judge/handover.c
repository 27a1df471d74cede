/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a client is told and given with a yes. */
#include "judge/handover.h"

#include <unistd.h>

void handover_close(struct handover *handover)
{
	for (size_t i = 0; i < handover->fd_count; i++)
		close(handover->fds[i]);
	handover->fd_count = 0;
}
