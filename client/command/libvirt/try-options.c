/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a domain's emulator would say to its options, without a start. */
#include "client/command/libvirt/try-options.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/machine/capture.h"
#include "client/text/message.h"

/* It asks the helper, and QEMU for its version. */
#define TRY_TIMEOUT_MS 120000

/* QEMU's own way to write a comma. */
static char *double_commas(const char *name)
{
	char *text = NULL;

	text_append(&text, "", 0);
	for (; *name != '\0'; name++)
		text_append(&text, *name == ',' ? ",," : name, *name == ',' ? 2 : 1);
	return text;
}

static void run_wrapper(const struct domain_text *domain, const char *wrapper,
			struct capture *capture)
{
	char *name = double_commas(domain->name);
	struct words line = { 0 };

	words_add(&line, text_format("%s", wrapper));
	words_add(&line, text_format("-name"));
	words_add(&line, text_format("guest=%s", name));
	words_add_all(&line, (const char *const[]){ "-uuid", domain->uuid, "-machine",
						    domain->machine, NULL });
	capture_run(line.items, TRY_TIMEOUT_MS, capture);
	words_release(&line);
	free(name);
}

/* The last line of what it wrote, without the name of the program. */
static const char *last_sentence(struct capture *capture)
{
	static const char program[] = "vmgrant: ";
	const char *last = text_last_line(capture->text, NULL);

	if (last == NULL)
		return _("it does not answer");
	return strncmp(last, program, strlen(program)) == 0 ? last + strlen(program) : last;
}

int try_options(const struct domain_text *domain, const char *wrapper, const char *options,
		struct words *warnings)
{
	struct capture *capture = text_need(calloc(1, sizeof *capture));
	char *variable = text_format("--dry-run\n%s", options);
	int code = VMGRANT_GRANTED;

	if (setenv("VMGRANT", variable, 1) < 0)
		code = command_fail(VMGRANT_INTERNAL, _("libvirt: no memory is left"));
	else
		run_wrapper(domain, wrapper, capture);
	(void)unsetenv("VMGRANT");
	if (code == VMGRANT_GRANTED && capture->end == CAPTURE_EXITED &&
	    capture->status == VMGRANT_USAGE)
		code = command_fail(VMGRANT_USAGE, "%s", last_sentence(capture));
	else if (code == VMGRANT_GRANTED &&
		 (capture->end != CAPTURE_EXITED || capture->status != 0))
		words_add(warnings, text_format(_("%s would not start now: %s"), domain->name,
						last_sentence(capture)));
	free(variable);
	free(capture);
	return code;
}
