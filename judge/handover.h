/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a client is told and given with a yes.
 */
#ifndef VMGRANT_JUDGE_HANDOVER_H
#define VMGRANT_JUDGE_HANDOVER_H

#include <stddef.h>

#include "wire/process/fd-pass.h"
#include "wire/protocol/protocol.h"

struct handover {
	struct protocol_reply reply; /* but for its header */
	int fds[FD_PASS_MAX];        /* in the order that struct protocol_reply says */
	size_t fd_count;
	int has_memlock; /* 1: a limit was raised for it */
};

/* Close this process's fds; what was sent lives on with its receiver. */
void handover_close(struct handover *handover);

#endif
