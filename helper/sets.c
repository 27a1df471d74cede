/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Capability sets of this thread: read from the kernel, written by libcap-ng. */
#include "helper/sets.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

int sets_read(unsigned long long *effective_out, unsigned long long *permitted_out)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	*effective_out = (unsigned long long)data[1].effective << 32 | data[0].effective;
	*permitted_out = (unsigned long long)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

static int add(capng_type_t set, unsigned long long capabilities)
{
	for (unsigned capability = 0; capabilities >> capability != 0; capability++) {
		if ((capabilities & SETS_BIT(capability)) != 0 &&
		    capng_update(CAPNG_ADD, set, capability) < 0)
			return -1;
	}
	return 0;
}

int sets_permit(unsigned long long needed)
{
	unsigned long long effective, permitted;

	return sets_read(&effective, &permitted) == 0 && (permitted & needed) == needed;
}

int sets_write(unsigned long long effective, unsigned long long permitted)
{
	capng_clear(CAPNG_SELECT_CAPS);
	errno = EPERM;
	return add(CAPNG_PERMITTED, permitted) < 0 || add(CAPNG_EFFECTIVE, effective) < 0 ||
			       capng_apply(CAPNG_SELECT_CAPS) < 0
		       ? -1
		       : 0;
}

int sets_make_effective(unsigned long long wanted)
{
	unsigned long long effective, permitted;

	return sets_read(&effective, &permitted) < 0 ? -1 : sets_write(wanted, permitted);
}

int sets_are_lowered(unsigned long long most)
{
	unsigned long long effective, permitted;

	return sets_read(&effective, &permitted) == 0 && effective == 0 && (permitted & ~most) == 0;
}

void sets_follow_fork(void)
{
	capng_setpid(getpid());
}
