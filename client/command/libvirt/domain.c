/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A domain of this person's libvirt session, by way of virsh. */
#include "client/command/libvirt/domain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/small-file.h"
#include "client/command/machine/capture.h"

/* The first question starts the session's daemon. */
#define VIRSH_TIMEOUT_MS 120000
#define END "</domain>\n"

/* ---- virsh ---- */

static void run_virsh(const char *const words[], struct capture *capture)
{
	struct words line = { 0 };

	words_add_all(&line, (const char *const[]){ "virsh", "-q", "-c", "qemu:///session", NULL });
	words_add_all(&line, words);
	capture_run(line.items, VIRSH_TIMEOUT_MS, capture);
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
				    "libvirt domain %.256s: virsh is not installed", word);
	if (capture->end == CAPTURE_LATE)
		return command_fail(COMMAND_LATE, "libvirt domain %.256s: virsh does not answer",
				    word);
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	return command_fail(COMMAND_QMP, "libvirt domain %.256s: %.*s (of qemu:///session)", word,
			    (int)strcspn(text, "\n"), text);
}

/* ---- reading ---- */

static int read_xml(struct domain *domain, const char *word, struct capture *capture)
{
	const char *begin, *end, *why;

	/* Without --security-info a password would be lost by the way back. */
	run_virsh((const char *const[]){ "dumpxml", "--inactive", "--security-info", "--", word,
					 NULL },
		  capture);
	if (!has_worked(capture))
		return fail(word, capture);
	begin = strstr(capture->text, "<domain ");
	end = begin == NULL ? NULL : strstr(begin, "\n" END);
	if (end == NULL)
		return command_fail(
			VMGRANT_UNSUPPORTED,
			"libvirt domain %.256s: its description is longer than %u bytes: "
			"edit it by virsh edit",
			word, CAPTURE_SIZE);
	domain->xml = text_format("%.*s\n" END, (int)(end - begin), begin);
	why = domain_text_read(&domain->text, domain->xml);
	return why == NULL ? VMGRANT_GRANTED
			   : command_fail(VMGRANT_UNSUPPORTED,
					  "libvirt domain %.256s: its description has %s: edit it "
					  "by virsh edit",
					  word, why);
}

/* Does virsh list, with that option, name it? */
static int is_listed(const struct domain *domain, const char *option, int *is_listed_out,
		     struct capture *capture)
{
	char *rest = capture->text, *line;

	run_virsh((const char *const[]){ "list", "--name", option, NULL }, capture);
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
			"libvirt domain %.256s: it is gone when it ends: put the emulator "
			"into the file that it is created from",
			domain->text.name);
	free(capture);
	return code;
}

void domain_release(struct domain *domain)
{
	free(domain->xml);
	domain_text_release(&domain->text);
}

/* ---- writing ---- */

/* In memory, since it may hold secrets; -1: no. */
static int make_file(const char *xml)
{
	int fd = memfd_create("vmgrant-domain", 0);

	if (fd >= 0 && small_file_write(fd, xml) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int domain_define(const struct domain *domain, const char *xml)
{
	struct capture *capture;
	int fd = make_file(xml), code = VMGRANT_GRANTED;
	char *path;

	if (fd < 0)
		return command_fail(VMGRANT_INTERNAL, "libvirt: no file in memory: %s",
				    strerror(errno));
	capture = text_need(calloc(1, sizeof *capture));
	path = text_format("/proc/self/fd/%d", fd);
	run_virsh((const char *const[]){ "define", path, NULL }, capture);
	if (!has_worked(capture))
		code = fail(domain->text.name, capture);
	close(fd);
	free(path);
	free(capture);
	return code;
}
