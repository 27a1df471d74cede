/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Words for one request. Pure. */
#include "judge/request.h"

#include <stdio.h>

#include "judge/kind/kind.h"

void request_describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	const struct kind *kind = kind_of(request->kind);

	if (kind != NULL)
		kind->describe(request, text);
	else
		(void)snprintf(text, REQUEST_TEXT_SIZE, "request");
}
