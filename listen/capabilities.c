/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The capabilities of the process that accepts. */
#include "listen/capabilities.h"

#include <cap-ng.h>

int capabilities_use_none(void)
{
	if (capng_get_caps_process() < 0)
		return -1;
	for (unsigned capability = 0; capability <= (unsigned)CAP_LAST_CAP; capability++)
		if (capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, capability) < 0)
			return -1;
	return capng_apply(CAPNG_SELECT_CAPS);
}

/* The kernel takes out of the ambient set what is no longer permitted. */
int capabilities_drop_all(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS);
}
