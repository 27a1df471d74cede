/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A domain of this person's libvirt session, by way of virsh. */
#include "client/command/libvirt/domain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/libvirt/read-domain.h"
#include "client/command/machine/capture.h"
#include "client/text/message.h"

/* The first question starts the session's daemon. */
#define VIRSH_TIMEOUT_MS 120000

/* ---- virsh ---- */

/* Its input and output; -1: none, and what it prints is in the capture. */
static void run_virsh(const char *const words[], int input, int output, struct capture *capture)
{
	struct words line = { 0 };

	words_add_all(&line, (const char *const[]){ "virsh", "-q", "-c", "qemu:///session", NULL });
	words_add_all(&line, words);
	capture_run_between(line.items, input, output, VIRSH_TIMEOUT_MS, capture);
	words_release(&line);
}

static int has_worked(const struct capture *capture)
{
	return capture->end == CAPTURE_EXITED && capture->status == 0;
}

/* virsh's first line, without what it puts before all of them. */
static int fail(const char *word, const struct capture *capture)
{
	static const char prefix[] = "error: ";
	const char *text = capture->text;

	if (capture->end == CAPTURE_NOT_FOUND)
		return command_fail(COMMAND_NOT_FOUND,
				    _("libvirt domain %.256s: virsh is not installed"), word);
	if (capture->end == CAPTURE_LATE)
		return command_fail(COMMAND_LATE, _("libvirt domain %.256s: virsh does not answer"),
				    word);
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	return command_fail(COMMAND_QMP, _("libvirt domain %.256s: %.*s (of qemu:///session)"),
			    word, (int)strcspn(text, "\n"), text);
}

/* ---- reading ---- */

static int fail_memory(int result)
{
	return command_fail(VMGRANT_INTERNAL, _("libvirt: no file in memory: %s"),
			    strerror(-result));
}

static int fail_reading(const char *word, int result)
{
	if (result == -ENOENT)
		return command_fail(
			VMGRANT_UNSUPPORTED,
			_("libvirt domain %.256s: cannot be edited: %s is not installed: vmgrant was built without libxml2"),
			word, VMGRANT_DOMAIN);
	return command_fail(VMGRANT_INTERNAL, _("libvirt domain %.256s: %s cannot read it: %s"),
			    word, VMGRANT_DOMAIN, strerror(-result));
}

/* The description, to be freed. */
static int dump_xml(const char *word, char **xml_out, struct capture *capture)
{
	int fd = read_domain_file(""), code = VMGRANT_GRANTED, result;

	if (fd < 0)
		return fail_memory(fd);
	/* Without --security-info a password would be lost by the way back. */
	run_virsh((const char *const[]){ "dumpxml", "--inactive", "--security-info", "--", word,
					 NULL },
		  -1, fd, capture);
	result = read_domain_back(fd, DOMAIN_XML_BYTES_MAX, xml_out);
	if (!has_worked(capture))
		code = fail(word, capture);
	else if (result < 0)
		code = command_fail(VMGRANT_UNSUPPORTED,
				    _("libvirt domain %.256s: its description cannot be read: %s: "
				      "edit it by virsh edit"),
				    word, strerror(-result));
	close(fd);
	return code;
}

static int read_xml(struct domain *domain, const char *word, struct capture *capture)
{
	char *xml = NULL;
	int code = dump_xml(word, &xml, capture);
	int result = code == VMGRANT_GRANTED ? read_domain(&domain->text, xml, NULL) : 0;

	free(xml);
	if (result < 0)
		return fail_reading(word, result);
	if (domain->text.error != NULL)
		return command_fail(VMGRANT_UNSUPPORTED,
				    _("libvirt domain %.256s: its description %.512s: edit it by "
				      "virsh edit"),
				    word, domain->text.error);
	return code;
}

int domain_change(const struct domain *domain, const char *emulator, char **xml_out)
{
	struct domain_text text;
	int result = read_domain(&text, domain->text.xml, emulator);

	*xml_out = text.changed;
	text.changed = NULL;
	domain_text_release(&text);
	if (result == 0 && *xml_out == NULL)
		result = -EPROTO;
	return result < 0 ? fail_reading(domain->text.name, result) : VMGRANT_GRANTED;
}

/* Does virsh list, with that option, name it? */
static int is_listed(const struct domain *domain, const char *option, int *is_listed_out,
		     struct capture *capture)
{
	char *rest = capture->text, *line;

	run_virsh((const char *const[]){ "list", "--name", option, NULL }, -1, -1, capture);
	if (!has_worked(capture))
		return fail(domain->text.name, capture);
	*is_listed_out = 0;
	while ((line = capture_next_line(&rest)) != NULL)
		*is_listed_out |= strcmp(line, domain->text.name) == 0;
	return VMGRANT_GRANTED;
}

int domain_find(struct domain *domain, const char *word)
{
	struct capture *capture = text_need(calloc(1, sizeof *capture));
	int is_transient = 0, code;

	*domain = (struct domain){ 0 };
	code = read_xml(domain, word, capture);
	if (code == VMGRANT_GRANTED)
		code = is_listed(domain, "--transient", &is_transient, capture);
	if (code == VMGRANT_GRANTED)
		code = is_listed(domain, NULL, &domain->is_running, capture);
	if (code == VMGRANT_GRANTED && is_transient)
		code = command_fail(
			VMGRANT_UNSUPPORTED,
			_("libvirt domain %.256s: it is gone when it ends: put the emulator "
			  "into the file that it is created from"),
			domain->text.name);
	free(capture);
	return code;
}

void domain_release(struct domain *domain)
{
	domain_text_release(&domain->text);
}

/* ---- writing ---- */

int domain_define(const struct domain *domain, const char *xml)
{
	int fd = read_domain_file(xml), code = VMGRANT_GRANTED;
	struct capture *capture;

	if (fd < 0)
		return fail_memory(fd);
	capture = text_need(calloc(1, sizeof *capture));
	run_virsh((const char *const[]){ "define", "/proc/self/fd/0", NULL }, fd, -1, capture);
	if (!has_worked(capture))
		code = fail(domain->text.name, capture);
	close(fd);
	free(capture);
	return code;
}
