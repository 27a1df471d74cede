/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Make a seccomp filter out of a list of calls: the judge's, and that of the process that makes
 * namespaces with a capability (helper/port/maker.c). A program of the build.
 *
 *     generate ARCHITECTURE <calls.txt >filter.h
 *
 * ARCHITECTURE is libseccomp's name of the machine that vmgrant is built for, which may
 * be another than this one. Runs without privilege and loads nothing: libseccomp stays
 * on the machine that builds.
 *
 * The header also says which numbers of constants were used. They are this machine's;
 * sandbox.c compares them with those of the machine that it is compiled for.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "judge/sandbox/rules.h"

static void read_line(const struct list *list, char *line)
{
	const char *word = strtok(line, " \t\n");
	const char *name, *reason;

	if (word == NULL || word[0] == '#')
		return;
	name = strtok(NULL, " \t\n");
	reason = strtok(NULL, "\n");
	if (name == NULL || reason == NULL)
		list_fail(list, word, "needs a call and a reason");
	list_add(list, word, name);
}

static void open_filter(struct list *list, const char *architecture)
{
	list->architecture = seccomp_arch_resolve_name(architecture);
	list->filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (list->architecture == 0 || list->filter == NULL)
		list_fail(list, architecture, "libseccomp knows no such architecture");
	/* Removed first: a filter is of one byte order. */
	if (list->architecture != seccomp_arch_native() &&
	    (seccomp_arch_remove(list->filter, SCMP_ARCH_NATIVE) < 0 ||
	     seccomp_arch_add(list->filter, list->architecture) < 0))
		list_fail(list, architecture, "libseccomp makes no filters for it");
	/*
	 * Calls of another ABI have other numbers: i386 and x32 on x86_64, 32-bit ARM on
	 * 64-bit. A tree is searched in fewer steps, also by the kernel when it loads it.
	 */
	if (seccomp_attr_set(list->filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
	    seccomp_attr_set(list->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		list_fail(list, architecture, "libseccomp is too old");
}

static void print_constants(void)
{
#define PRINT(constant)                                                                            \
	printf("#define SANDBOX_" #constant " 0x%llxULL\n", (unsigned long long)(constant))
	PRINT(WRITING);
	PRINT(PROT_WRITE);
	PRINT(PROT_EXEC);
	PRINT(MAP_ANONYMOUS);
	PRINT(AF_UNIX);
	PRINT(F_DUPFD_CLOEXEC);
	PRINT(FIONREAD);
	PRINT(FIONBIO);
	PRINT(SOL_SOCKET);
	PRINT(SO_PASSCRED);
	PRINT(SO_RCVTIMEO);
	PRINT(SO_SNDTIMEO);
	PRINT(ENOSYS);
	PRINT(CLONE_NEWNET);
	PRINT(SIGCHLD);
	PRINT(MAP_PRIVATE);
	PRINT(TUNGETIFF);
#undef PRINT
}

/* libseccomp writes the instructions in the byte order of their machine. */
static unsigned long long number(const unsigned char *bytes, size_t size, uint32_t architecture)
{
	unsigned long long value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 |
			bytes[(architecture & __AUDIT_ARCH_LE) != 0 ? size - 1 - i : i];
	return value;
}

/* A number, or what whoever includes the header puts in. */
static void print_operand(unsigned long long value)
{
	for (size_t i = 0; i < OWN_PATHS; i++) {
		if (value == list_own_paths[i] >> 32)
			printf("SANDBOX_PATH_%zu_HIGH }, \\\n", i + 1);
		else if (value == (list_own_paths[i] & UINT32_MAX))
			printf("SANDBOX_PATH_%zu_LOW }, \\\n", i + 1);
		else
			continue;
		return;
	}
	printf("0x%08llx }, \\\n", value);
}

static void print_filter(const struct list *list)
{
	FILE *file = tmpfile();
	unsigned char code[sizeof(struct sock_filter)];

	if (file == NULL || seccomp_export_bpf(list->filter, fileno(file)) < 0)
		list_fail(list, "cannot write the filter", strerror(errno));
	rewind(file);
	printf("#define SANDBOX_FILTER \\\n");
	while (fread(code, sizeof code, 1, file) == 1) {
		printf("\t{ 0x%02llx, %u, %u, ", number(code, 2, list->architecture), code[2],
		       code[3]);
		print_operand(number(code + 4, 4, list->architecture));
	}
	printf("\t/* the end */\n");
	fclose(file);
}

int main(int argc, char **argv)
{
	struct list list = { .line = 0 };
	char line[256];

	if (argc != 2)
		list_fail(&list, "usage", "sandbox-generate ARCHITECTURE <LIST >HEADER");
	open_filter(&list, argv[1]);
	while (fgets(line, sizeof line, stdin) != NULL) {
		list.line++;
		read_line(&list, line);
	}
	printf("/* Made by judge/sandbox/generate.c for %s. */\n", argv[1]);
	print_constants();
	print_filter(&list);
	seccomp_release(list.filter);
	return ferror(stdout) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
