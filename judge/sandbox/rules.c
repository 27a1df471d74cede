/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of a list of calls, and the rules that each adds. Of the build's program generate.c. */
#include "judge/sandbox/rules.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* A kernel looks at the lower half of what it takes as an int. */
#define INT_MASK 0xffffffffU

void list_fail(const struct list *list, const char *what, const char *why)
{
	fprintf(stderr, "sandbox-generate: line %u: %s: %s\n", list->line, what, why);
	exit(EXIT_FAILURE);
}

/* call is this machine's number or a stand-in; what the other has no call for is passed over. */
static void add(const struct list *list, uint32_t action, int call, unsigned count,
		const struct scmp_arg_cmp *arguments)
{
	int result = seccomp_rule_add_array(list->filter, action, call, count, arguments);

	if (result < 0)
		list_fail(list, "cannot add the rule", strerror(-result));
}

/* One rule for each value that the argument may have. */
static void add_values(const struct list *list, int call, unsigned argument,
		       const scmp_datum_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct scmp_arg_cmp is_value =
			SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, INT_MASK, values[i]);

		add(list, SCMP_ACT_ALLOW, call, 1, &is_value);
	}
}

/* Flags of an open that neither writes nor makes anything. */
static void read_only(const struct list *list, int call, const char *name)
{
	const unsigned flags = strcmp(name, "open") == 0 ? 1 : 2;
	const struct scmp_arg_cmp reads = SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, WRITING, 0);

	add(list, SCMP_ACT_ALLOW, call, 1, &reads);
}

/* Data of any kind; or code, from a file and not writable. */
static void executable_file(const struct list *list, int call, const char *name)
{
	const struct scmp_arg_cmp data[] = { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) };
	const struct scmp_arg_cmp code[] = {
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0),
	};

	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 1, data);
	add(list, SCMP_ACT_ALLOW, call, 2, code);
}

/* Memory that was written never becomes code. */
static void not_executable(const struct list *list, int call, const char *name)
{
	const struct scmp_arg_cmp data = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 1, &data);
}

static void unix_socket(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t families[] = { AF_UNIX };

	(void)name;
	add_values(list, call, 0, families, 1);
}

/* F_SETOWN and F_SETSIG could signal other processes of the account. */
static void plain_fcntl(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t commands[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
						 F_SETFD, F_GETFL,         F_SETFL };

	(void)name;
	add_values(list, call, 1, commands, sizeof commands / sizeof *commands);
}

static void plain_ioctl(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t requests[] = { FIONREAD, FIONBIO, VFIO_GROUP_GET_STATUS };

	(void)name;
	add_values(list, call, 1, requests, sizeof requests / sizeof *requests);
}

/* Options of the socket level that attach no program to a socket. */
static void plain_option(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t options[] = { SO_RCVBUF,   SO_SNDBUF,   SO_RCVTIMEO,
						SO_SNDTIMEO, SO_PASSCRED, SO_KEEPALIVE };

	(void)name;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const struct scmp_arg_cmp is_option[] = {
			SCMP_A1(SCMP_CMP_MASKED_EQ, INT_MASK, SOL_SOCKET),
			SCMP_A2(SCMP_CMP_MASKED_EQ, INT_MASK, options[i]),
		};

		add(list, SCMP_ACT_ALLOW, call, 2, is_option);
	}
}

static void plain_prctl(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t operations[] = { PR_GET_NAME, PR_CAPBSET_READ, PR_SET_VMA };

	(void)name;
	add_values(list, call, 0, operations, sizeof operations / sizeof *operations);
}

static void own_limits(const struct list *list, int call, const char *name)
{
	const struct scmp_arg_cmp reads_own[] = { SCMP_A0(SCMP_CMP_EQ, 0),
						  SCMP_A2(SCMP_CMP_EQ, 0) };

	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 2, reads_own);
}

const scmp_datum_t list_own_paths[OWN_PATHS] = { 0x5eed00015eed0002ULL, 0x5eed00035eed0004ULL };

static void own_path(const struct list *list, int call, const char *name)
{
	(void)name;
	for (size_t i = 0; i < OWN_PATHS; i++) {
		const struct scmp_arg_cmp is_path = SCMP_A1(SCMP_CMP_EQ, list_own_paths[i]);

		add(list, SCMP_ACT_ALLOW, call, 1, &is_path);
	}
}

static void network_namespace(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t flags[] = { CLONE_NEWNET };

	(void)name;
	add_values(list, call, 0, flags, 1);
}

/* As fork() does it: nothing is shared, and no namespace is new. */
static void plain_fork(const struct list *list, int call, const char *name)
{
	const int is_swapped =
		list->architecture == SCMP_ARCH_S390 || list->architecture == SCMP_ARCH_S390X;
	const struct scmp_arg_cmp is_fork = SCMP_CMP(is_swapped ? 1U : 0U, SCMP_CMP_EQ, SIGCHLD);

	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 1, &is_fork);
}

static void route_socket(const struct list *list, int call, const char *name)
{
	const struct scmp_arg_cmp is_route[] = {
		SCMP_A0(SCMP_CMP_MASKED_EQ, INT_MASK, AF_NETLINK),
		SCMP_A2(SCMP_CMP_MASKED_EQ, INT_MASK, NETLINK_ROUTE),
	};

	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 2, is_route);
}

static void interface_names(const struct list *list, int call, const char *name)
{
	static const scmp_datum_t requests[] = { TUNGETIFF, SIOCGIFINDEX };

	(void)name;
	add_values(list, call, 1, requests, sizeof requests / sizeof *requests);
}

/* Where there is none yet: what lies at an address stays there. */
static void private_memory(const struct list *list, int call, const char *name)
{
	const struct scmp_arg_cmp is_private[] = {
		SCMP_A2(SCMP_CMP_EQ, PROT_READ | PROT_WRITE),
		SCMP_A3(SCMP_CMP_MASKED_EQ, INT_MASK, MAP_PRIVATE | MAP_ANONYMOUS),
	};

	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 2, is_private);
}

static void allow(const struct list *list, int call, const char *name)
{
	(void)name;
	add(list, SCMP_ACT_ALLOW, call, 0, NULL);
}

static void kill_judge(const struct list *list, int call, const char *name)
{
	(void)name;
	add(list, SCMP_ACT_KILL_PROCESS, call, 0, NULL);
}

static void absent(const struct list *list, int call, const char *name)
{
	(void)name;
	add(list, SCMP_ACT_ERRNO(ENOSYS), call, 0, NULL);
}

/* The words of the list. */
static const struct {
	const char *word;
	void (*add_rules)(const struct list *list, int call, const char *name);
} words[] = {
	{ "allow", allow },
	{ "kill", kill_judge },
	{ "absent", absent },
	{ "read-only", read_only },
	{ "executable-file", executable_file },
	{ "not-executable", not_executable },
	{ "unix-socket", unix_socket },
	{ "plain-fcntl", plain_fcntl },
	{ "plain-ioctl", plain_ioctl },
	{ "plain-option", plain_option },
	{ "plain-prctl", plain_prctl },
	{ "own-limits", own_limits },
	{ "own-path", own_path },
	{ "network-namespace", network_namespace },
	{ "plain-fork", plain_fork },
	{ "route-socket", route_socket },
	{ "interface-names", interface_names },
	{ "private-memory", private_memory },
};

void list_add(const struct list *list, const char *word, const char *name)
{
	const int call = seccomp_syscall_resolve_name(name);

	if (call == __NR_SCMP_ERROR)
		list_fail(list, name, "libseccomp knows no such call");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		words[i].add_rules(list, call, name);
		return;
	}
	list_fail(list, word, "no such word");
}
