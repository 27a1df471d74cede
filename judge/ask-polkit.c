/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question to polkit, put by the separate program vmgrant-authorize. */
#include "judge/ask-polkit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/escape.h"
#include "wire/asker.h"
#include "wire/clock.h"

/* The asker gives up first, and takes its question back; then it has this long to end. */
#define MORE_TIME_S 1

#define ARGUMENTS_MAX 16
#define ARGUMENT_SIZE (POLKIT_DETAIL_SIZE + 16)

/* The asker's command line. */
struct command {
	char text[ARGUMENTS_MAX][ARGUMENT_SIZE];
	char *argv[ARGUMENTS_MAX + 1];
	size_t count;
};

/* A running asker. */
struct asker {
	pid_t pid;
	int output; /* the read end of its standard output */
};

static void add_argument(struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_argument(struct command *command, const char *format, ...)
{
	va_list arguments;

	if (command->count == ARGUMENTS_MAX)
		return;
	va_start(arguments, format);
	(void)vsnprintf(command->text[command->count], ARGUMENT_SIZE, format, arguments);
	va_end(arguments);
	command->argv[command->count] = command->text[command->count];
	command->argv[++command->count] = NULL;
}

/*
 * When this process started, in the unit of /proc: with the pid it names the
 * process for good, since a pid alone may be used again (field 22 of
 * /proc/PID/stat; the second one, the name, may hold blanks and parentheses).
 */
static int read_start_time(unsigned long long *start_time_out)
{
	char text[1024];
	const char *field;
	ssize_t length;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	field = strrchr(text, ')');
	for (int number = 2; field != NULL && number < 22; number++)
		field = strchr(field + 1, ' ');
	if (field == NULL)
		return -1;
	errno = 0;
	*start_time_out = strtoull(field + 1, NULL, 10);
	return errno == 0 && *start_time_out != 0 ? 0 : -1;
}

static int build_command(struct command *command, const struct polkit_question *question)
{
	unsigned long long start_time;

	if (read_start_time(&start_time) < 0)
		return -1;
	add_argument(command, "vmgrant-authorize");
	add_argument(command, "--action=%s", question->action);
	add_argument(command, "--pid=%ld", (long)getpid());
	add_argument(command, "--start-time=%llu", start_time);
	add_argument(command, "--uid=%u", (unsigned)question->caller->uid);
	if (question->interaction == INTERACTION_ALLOWED)
		add_argument(command, "--interactive");
	for (size_t i = 0; i < question->detail_count; i++)
		add_argument(command, "--detail=%s", question->details[i]);
	return 0;
}

/*
 * The child's side of the fork: become nobody special, then the asker, which
 * ends with the helper (a change of ids would forget the death signal).
 */
static void exec_asker(const struct command *command, const struct account *account, pid_t helper,
		       int output)
{
	static char *const environment[] = { "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
	int nothing = open("/dev/null", O_RDWR);

	if (privileges_become_account(account) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    getppid() != helper)
		_exit(ASKER_USAGE);
	if (nothing < 0 || dup2(output, 1) < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 2) < 0 ||
	    close_range(3, ~0U, 0) < 0)
		_exit(ASKER_USAGE);
	execve(VMGRANT_AUTHORIZE, command->argv, environment);
	_exit(ASKER_USAGE);
}

static int start_asker(const struct command *command, const struct account *account,
		       struct asker *asker)
{
	pid_t helper = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	asker->pid = fork();
	if (asker->pid == 0)
		exec_asker(command, account, helper, ends[1]);
	close(ends[1]);
	asker->output = ends[0];
	if (asker->pid < 0) {
		close(ends[0]);
		return -1;
	}
	return 0;
}

/*
 * Read until the asker has closed its output. Returns the length, or -1 when
 * the time is over or it wrote more than it may.
 */
static ssize_t read_answer(const struct asker *asker, char *answer, size_t size, long long end_ms)
{
	struct pollfd readable = { .fd = asker->output, .events = POLLIN };
	size_t length = 0;

	for (;;) {
		long long left_ms = end_ms - clock_now_ms();
		ssize_t got;

		if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) <= 0)
			return -1;
		got = read(asker->output, answer + length, size - length);
		if (got == 0)
			return (ssize_t)length;
		if (got < 0)
			return -1;
		length += (size_t)got;
		if (length == size)
			return -1;
	}
}

/* Wait for the end, at most until end_ms; then kill. Returns a wait status, or -1. */
static int reap(const struct asker *asker, long long end_ms)
{
	int pidfd = (int)syscall(SYS_pidfd_open, asker->pid, 0);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	long long left_ms = end_ms - clock_now_ms();
	int in_time = pidfd >= 0 && left_ms > 0 && poll(&ended, 1, (int)left_ms) == 1;
	int status;

	if (pidfd >= 0)
		close(pidfd);
	if (!in_time)
		(void)kill(asker->pid, SIGKILL);
	if (waitpid(asker->pid, &status, 0) != asker->pid || !in_time)
		return -1;
	return status;
}

/* The sentence for every ending that is not a yes. */
static enum reply_code explain(const struct polkit_question *question, int status,
			       const char *text, struct refusal *why)
{
	const char *object = question->object;
	int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	switch (status < 0 ? -1 : exit_status) {
	case ASKER_DENIED:
		if (question->interaction == INTERACTION_ALLOWED)
			return refuse(why, REPLY_POLKIT_DENIED,
				      "%s: polkit does not allow it for user %s: the "
				      "authentication failed, or no polkit rule for %s lets it pass: "
				      "try again, or ask the administrator",
				      object, question->caller->name, question->action);
		return refuse(why, REPLY_POLKIT_DENIED,
			      "%s: polkit does not allow it for user %s: ask the administrator "
			      "for a polkit rule for %s",
			      object, question->caller->name, question->action);
	case ASKER_CHALLENGE:
		return refuse(why, REPLY_POLKIT_CHALLENGE,
			      "%s: polkit wants a password and nobody can be asked from here: ask "
			      "the administrator for a polkit rule for %s, or for polkit=no in %s",
			      object, question->action, VMGRANT_ACL_FILE);
	case ASKER_DISMISSED:
		return refuse(why, REPLY_POLKIT_DISMISSED,
			      "%s: the request to authenticate was dismissed", object);
	case ASKER_NO_POLKIT:
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: polkit cannot be reached: %s: ask the administrator to start "
			      "polkit, or for polkit=no in %s",
			      object, text, VMGRANT_ACL_FILE);
	case ASKER_NO_ACTION:
		return refuse(why, REPLY_INSTALLATION,
			      "%s: polkit does not know the action %s: ask the administrator to "
			      "install org.vmgrant.policy where polkit looks for actions",
			      object, question->action);
	case ASKER_NOT_OWNER:
		return refuse(why, REPLY_INSTALLATION,
			      "%s: polkit does not let the account %s ask: ask the administrator to "
			      "check the owner in org.vmgrant.policy",
			      object, VMGRANT_ACCOUNT);
	case ASKER_POLKIT_ERROR:
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: polkit cannot answer: %s: try again, or tell the administrator",
			      object, text);
	default:
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: polkit gave no answer%s: try again, or tell the administrator",
			      object, status == -1 ? " in time" : "");
	}
}

void polkit_question_add(struct polkit_question *question, const char *key, const char *value)
{
	char escaped[POLKIT_DETAIL_SIZE - 24];

	if (question->detail_count == POLKIT_DETAILS_MAX)
		return;
	(void)snprintf(question->details[question->detail_count++], POLKIT_DETAIL_SIZE, "%s=%s",
		       key, escape_string(escaped, sizeof escaped, value));
}

enum reply_code ask_polkit(const struct polkit_question *question, const struct account *account,
			   struct refusal *why)
{
	struct command command = { .count = 0 };
	struct asker asker;
	/* One byte more than it may write: a longer answer is no answer. */
	char answer[ASKER_TEXT_MAX + 1], text[ASKER_TEXT_MAX];
	long long limit_s = MORE_TIME_S + (question->interaction == INTERACTION_ALLOWED
						   ? ASKER_PROMPT_TIMEOUT_S
						   : ASKER_ANSWER_TIMEOUT_S);
	long long end_ms = clock_now_ms() + limit_s * 1000;
	ssize_t length;
	int status;

	if (build_command(&command, question) < 0 || start_asker(&command, account, &asker) < 0)
		return refuse(why, REPLY_INTERNAL, "%s: cannot ask polkit: %s",
			      question->object, strerror(errno));
	length = read_answer(&asker, answer, sizeof answer, end_ms);
	status = reap(&asker, length < 0 ? 0 : end_ms);
	close(asker.output);
	if (status == 0 && length == (ssize_t)strlen(ASKER_TOKEN) &&
	    memcmp(answer, ASKER_TOKEN, strlen(ASKER_TOKEN)) == 0)
		return REPLY_GRANTED;
	escape_bytes(text, sizeof text, answer, length < 0 ? 0 : (size_t)length);
	return explain(question, status, text, why);
}
