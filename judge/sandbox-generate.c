/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Make a seccomp filter out of a list of calls: the judge's, and that of the process that makes
 * namespaces with a capability (helper/port/maker.c). A program of the build.
 *
 *     sandbox-generate ARCHITECTURE <sandbox-calls.txt >sandbox-filter.h
 *
 * ARCHITECTURE is libseccomp's name of the machine that vmgrant is built for, which may
 * be another than this one. Runs without privilege and loads nothing: libseccomp stays
 * on the machine that builds.
 *
 * The header also says which numbers of constants were used. They are this machine's;
 * sandbox.c compares them with those of the machine that it is compiled for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* O_TMPFILE without the O_DIRECTORY in it. */
#define TMPFILE_BIT 020000000
#define WRITING ((scmp_datum_t)(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | TMPFILE_BIT))
/* A kernel looks at the lower half of what it takes as an int. */
#define INT_MASK 0xffffffffU

struct list {
	scmp_filter_ctx filter;
	uint32_t architecture;
	unsigned line; /* of the list, for messages */
};

static void fail(const struct list *list, const char *what, const char *why)
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
		fail(list, "cannot add the rule", strerror(-result));
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
						 F_SETFD, F_GETFL,	   F_SETFL };

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
	static const scmp_datum_t options[] = { SO_RCVBUF,   SO_SNDBUF,	  SO_RCVTIMEO,
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

/*
 * Memory cannot be compared, but where a text lies can: an address is put in when the filter is
 * loaded. These stand for two of them until then.
 */
static const scmp_datum_t own_paths[] = { 0x5eed00015eed0002ULL, 0x5eed00035eed0004ULL };

static void own_path(const struct list *list, int call, const char *name)
{
	(void)name;
	for (size_t i = 0; i < sizeof own_paths / sizeof *own_paths; i++) {
		const struct scmp_arg_cmp is_path = SCMP_A1(SCMP_CMP_EQ, own_paths[i]);

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
	const int is_swapped = list->architecture == SCMP_ARCH_S390 ||
			       list->architecture == SCMP_ARCH_S390X;
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

static void read_line(const struct list *list, char *line)
{
	const char *word = strtok(line, " \t\n");
	const char *name, *reason;
	int call;

	if (word == NULL || word[0] == '#')
		return;
	name = strtok(NULL, " \t\n");
	reason = strtok(NULL, "\n");
	if (name == NULL || reason == NULL)
		fail(list, word, "needs a call and a reason");
	call = seccomp_syscall_resolve_name(name);
	if (call == __NR_SCMP_ERROR)
		fail(list, name, "libseccomp knows no such call");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		words[i].add_rules(list, call, name);
		return;
	}
	fail(list, word, "no such word");
}

static void open_filter(struct list *list, const char *architecture)
{
	list->architecture = seccomp_arch_resolve_name(architecture);
	list->filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (list->architecture == 0 || list->filter == NULL)
		fail(list, architecture, "libseccomp knows no such architecture");
	/* Removed first: a filter is of one byte order. */
	if (list->architecture != seccomp_arch_native() &&
	    (seccomp_arch_remove(list->filter, SCMP_ARCH_NATIVE) < 0 ||
	     seccomp_arch_add(list->filter, list->architecture) < 0))
		fail(list, architecture, "libseccomp makes no filters for it");
	/*
	 * Calls of another ABI have other numbers: i386 and x32 on x86_64, 32-bit ARM on
	 * 64-bit. A tree is searched in fewer steps, also by the kernel when it loads it.
	 */
	if (seccomp_attr_set(list->filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
	    seccomp_attr_set(list->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		fail(list, architecture, "libseccomp is too old");
}

static void print_constants(void)
{
#define PRINT(constant) printf("#define SANDBOX_" #constant " 0x%llxULL\n", \
			       (unsigned long long)(constant))
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
	for (size_t i = 0; i < sizeof own_paths / sizeof *own_paths; i++) {
		if (value == own_paths[i] >> 32)
			printf("SANDBOX_PATH_%zu_HIGH }, \\\n", i + 1);
		else if (value == (own_paths[i] & UINT32_MAX))
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
		fail(list, "cannot write the filter", strerror(errno));
	rewind(file);
	printf("#define SANDBOX_FILTER \\\n");
	while (fread(code, sizeof code, 1, file) == 1) {
		printf("\t{ 0x%02llx, %u, %u, ", number(code, 2, list->architecture), code[2], code[3]);
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
		fail(&list, "usage", "sandbox-generate ARCHITECTURE <LIST >HEADER");
	open_filter(&list, argv[1]);
	while (fgets(line, sizeof line, stdin) != NULL) {
		list.line++;
		read_line(&list, line);
	}
	printf("/* Made by judge/sandbox-generate.c for %s. */\n", argv[1]);
	print_constants();
	print_filter(&list);
	seccomp_release(list.filter);
	return ferror(stdout) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
