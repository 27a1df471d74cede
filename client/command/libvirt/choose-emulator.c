/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which emulator a domain gets, so that it keeps the QEMU that it has. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/libvirt/domain.h"
#include "client/command/wrapper/emulator.h"
#include "client/text/message.h"
#include "client/text/same-file.h"

#define WRAPPER "vmgrant-qemu-"

/* The name beside a QEMU, to be freed. */
static char *name_beside(const char *qemu, const char *architecture)
{
	return text_format("%.*s" WRAPPER "%s", (int)(text_base_name(qemu) - qemu), qemu,
			   architecture);
}

/* 1: started by that name, we become the QEMU of this path. */
static int leads_to(const char *wrapper, const char *architecture, const char *qemu)
{
	char *found = NULL;
	int is_same;

	if (access(wrapper, X_OK) < 0 ||
	    emulator_find(wrapper, architecture, &found) != VMGRANT_GRANTED)
		return 0;
	is_same = same_file(found, qemu);
	free(found);
	return is_same;
}

int domain_choose_wrapper(const struct domain *domain, char **path_out)
{
	const char *qemu = domain->text.emulator, *architecture = domain->text.architecture;
	char *installed, *beside;
	int code = VMGRANT_GRANTED;

	/* For libvirt it is not set either. */
	(void)unsetenv("VMGRANT_QEMU");
	*path_out = NULL;
	if (emulator_architecture(qemu) != NULL) {
		*path_out = text_format("%s", qemu);
		return VMGRANT_GRANTED;
	}
	beside = name_beside(qemu, architecture);
	installed = text_format(VMGRANT_BINDIR "/" WRAPPER "%s", architecture);
	if (leads_to(beside, architecture, qemu))
		*path_out = text_format("%s", beside);
	else if (leads_to(installed, architecture, qemu))
		*path_out = text_format("%s", installed);
	else
		code = command_fail(
			VMGRANT_UNSUPPORTED,
			_("libvirt domain %.256s: its emulator is %.256s, and no %s%.64s starts that one: ln -s %s/vmgrant %.256s"),
			domain->text.name, qemu, WRAPPER, architecture, VMGRANT_BINDIR, beside);
	free(beside);
	free(installed);
	return code;
}

int domain_choose_qemu(const struct domain *domain, char **path_out)
{
	(void)unsetenv("VMGRANT_QEMU");
	*path_out = NULL;
	return emulator_find(domain->text.emulator, emulator_architecture(domain->text.emulator),
			     path_out);
}
