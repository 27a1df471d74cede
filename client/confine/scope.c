/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A scope of the person's systemd, over the person's D-Bus or, without a bus, to it directly.
 *
 * Runs as the person, in the process that stays. What the manager answers is not trusted to be
 * done: the limits are looked up where they count.
 */
#include "client/confine/scope.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/process/clock.h"

enum outcome {
	SCOPE_NO_MANAGER,
	SCOPE_REFUSED,
	SCOPE_MADE, /* whether or not its limits hold */
};

#ifdef HAVE_SD_BUS
#include <systemd/sd-bus.h>
#include <unistd.h>

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
/* A machine that boots, or has no memory left, takes its time. */
#define ANSWER_TIMEOUT_MS 60000

/* What is being waited for. */
struct waiting {
	const char *job; /* NULL: not known yet */
	char *result;	 /* NULL: it has not ended */
};

/* ---- the bus ---- */

/* Where the person's sockets are; libvirt starts programs without the variable. NULL: no name. */
static char *runtime_folder(void)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (folder == NULL)
		return text_format("/run/user/%u", (unsigned)getuid());
	return folder[strcspn(folder, ",;%=")] == '\0' ? text_format("%s", folder) : NULL;
}

/* A direct line to the person's systemd, which it has where no bus is installed. */
static int open_direct(sd_bus **bus)
{
	char *folder = runtime_folder(), *address;
	int error;

	if (folder == NULL)
		return -ENOMEDIUM;
	address = text_format("unix:path=%s/systemd/private", folder);
	free(folder);
	error = sd_bus_new(bus);
	if (error >= 0)
		error = sd_bus_set_address(*bus, address);
	if (error >= 0)
		error = sd_bus_start(*bus);
	free(address);
	return error;
}

/* Returns the bus, or NULL and *why_out says why there is none. */
static sd_bus *open_bus(char **why_out)
{
	sd_bus *bus = NULL;
	int error = sd_bus_open_user(&bus), direct = error;

	if (error < 0)
		direct = open_direct(&bus);
	if (direct >= 0)
		direct = sd_bus_set_method_call_timeout(bus, ANSWER_TIMEOUT_MS * UINT64_C(1000));
	if (direct >= 0)
		return bus;
	*why_out = text_format(_("no session bus: %s"), error == -ENOMEDIUM
								? _("XDG_RUNTIME_DIR is not set")
								: strerror(-error));
	return sd_bus_unref(bus);
}

/* Nothing is started by asking: a bus without systemd stays one. */
static sd_bus_message *new_call(sd_bus *bus, const char *interface, const char *member)
{
	sd_bus_message *call = NULL;

	if (sd_bus_message_new_method_call(bus, &call, MANAGER, MANAGER_PATH, interface, member) < 0)
		return NULL;
	(void)sd_bus_message_set_auto_start(call, 0);
	return call;
}

static int is_there(sd_bus *bus, char **why_out)
{
	sd_bus_message *call = new_call(bus, "org.freedesktop.DBus.Peer", "Ping");
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int result = call == NULL ? -ENOMEM : sd_bus_call(bus, call, 0, &error, NULL);

	if (result < 0)
		*why_out = text_format(_("no systemd of the person's: %s"),
				       error.message != NULL ? error.message : strerror(-result));
	sd_bus_error_free(&error);
	(void)sd_bus_message_unref(call);
	return result >= 0;
}

int confine_scope_find(char **why_out)
{
	sd_bus *bus = open_bus(why_out);
	int result = bus != NULL && is_there(bus, why_out) ? 0 : -1;

	(void)sd_bus_flush_close_unref(bus);
	return result;
}

/* ---- the scope ---- */

static int add_properties(sd_bus_message *call, const struct confine_limits *limits, pid_t pid)
{
	const unsigned long long tasks = limits->tasks, memory = limits->memory_bytes;
	int error = sd_bus_message_append(call, "(sv)(sv)(sv)", "Description", "s",
					  "A program that vmgrant run --confine has shut in",
					  "CollectMode", "s", "inactive-or-failed", "PIDs", "au", 1,
					  (unsigned)pid);

	if (error >= 0 && tasks > 0)
		error = sd_bus_message_append(call, "(sv)", "TasksMax", "t", tasks);
	if (error >= 0 && memory > 0)
		error = sd_bus_message_append(call, "(sv)", "MemoryMax", "t", memory);
	return error;
}

static int fill(sd_bus_message *call, const struct confine_limits *limits, pid_t pid)
{
	char name[64];
	int error;

	(void)snprintf(name, sizeof name, "vmgrant-%d.scope", (int)pid);
	error = sd_bus_message_append(call, "ss", name, "fail");
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'a', "(sv)");
	if (error >= 0)
		error = add_properties(call, limits, pid);
	if (error >= 0)
		error = sd_bus_message_close_container(call);
	return error < 0 ? error : sd_bus_message_append(call, "a(sa(sv))", 0);
}

/* A job that has ended; its result is "done" or another word. */
static int on_removed(sd_bus_message *signal, void *data, sd_bus_error *error)
{
	struct waiting *waiting = data;
	const char *job, *unit, *result;
	unsigned id;

	(void)error;
	if (sd_bus_message_read(signal, "uoss", &id, &job, &unit, &result) >= 0 &&
	    waiting->job != NULL && strcmp(job, waiting->job) == 0 && waiting->result == NULL)
		waiting->result = text_format("%s", result);
	return 0;
}

/* Returns 0, or a negative errno. */
static int wait_for_job(sd_bus *bus, const struct waiting *waiting)
{
	const long long end_ms = clock_now_ms() + ANSWER_TIMEOUT_MS;

	while (waiting->result == NULL) {
		const long long left_ms = end_ms - clock_now_ms();
		int done = sd_bus_process(bus, NULL);

		if (done == 0 && left_ms > 0)
			done = sd_bus_wait(bus, (uint64_t)left_ms * 1000);
		else if (done == 0)
			return -ETIMEDOUT;
		if (done < 0 && done != -EINTR)
			return done;
	}
	return 0;
}

/* Returns 1, or 0 and *why_out says why not. */
static int start(sd_bus *bus, sd_bus_message *call, char **why_out)
{
	struct waiting waiting = { 0 };
	sd_bus_slot *slot = NULL;
	sd_bus_message *answer = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	/* Listening first: a job may have ended before its name is known. It stays in the queue. */
	int code = sd_bus_match_signal(bus, &slot, MANAGER, MANAGER_PATH, MANAGER_INTERFACE,
				       "JobRemoved", on_removed, &waiting);

	if (code >= 0)
		code = sd_bus_call(bus, call, 0, &error, &answer);
	if (code >= 0)
		code = sd_bus_message_read(answer, "o", &waiting.job);
	if (code >= 0)
		code = wait_for_job(bus, &waiting);
	if (code < 0)
		*why_out = text_format("systemd: %s",
				       error.message != NULL ? error.message : strerror(-code));
	else if (strcmp(waiting.result, "done") != 0)
		*why_out = text_format(_("systemd: the scope's start: %s"), waiting.result);
	free(waiting.result);
	sd_bus_error_free(&error);
	(void)sd_bus_message_unref(answer);
	(void)sd_bus_slot_unref(slot);
	return *why_out == NULL;
}

static int make_scope(sd_bus *bus, const struct confine_limits *limits, pid_t pid, char **why_out)
{
	sd_bus_message *call = new_call(bus, MANAGER_INTERFACE, "StartTransientUnit");
	int code = call == NULL ? -ENOMEM : fill(call, limits, pid);
	int result = code >= 0 && start(bus, call, why_out);

	if (code < 0)
		*why_out = text_format("D-Bus: %s", strerror(-code));
	(void)sd_bus_message_unref(call);
	return result;
}

/* ---- what holds ---- */

/* A file of the control group of pid, in the one hierarchy; NULL: it is not there. */
static FILE *open_limit(pid_t pid, const char *name)
{
	char *path = text_format("/proc/%d/cgroup", (int)pid), line[4096] = "";
	FILE *list = fopen(path, "re"), *file = NULL;

	free(path);
	while (list != NULL && fgets(line, sizeof line, list) != NULL) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		path = text_format("/sys/fs/cgroup%.*s/%s", (int)strcspn(line + 3, "\n"), line + 3,
				   name);
		file = fopen(path, "re");
		free(path);
		break;
	}
	if (list != NULL)
		(void)fclose(list);
	return file;
}

/* A person's manager has only the controllers that were delegated to it, and does not say so. */
static int holds(pid_t pid, const char *name, unsigned long long wanted)
{
	FILE *file = wanted == 0 ? NULL : open_limit(pid, name);
	unsigned long long limit = 0;
	int result = wanted == 0 || (file != NULL && fscanf(file, "%llu", &limit) == 1 &&
				     limit <= wanted);

	if (file != NULL)
		(void)fclose(file);
	return result;
}

static void say_what_does_not_hold(const struct confine_limits *limits, pid_t pid, char **why_out)
{
	const char *name = !holds(pid, "pids.max", limits->tasks) ? "tasks"
			   : !holds(pid, "memory.max", limits->memory_bytes) ? "memory" : NULL;

	if (name != NULL)
		*why_out = text_format(_("%s: systemd does not limit it: the controller is not "
					 "delegated to the person's"),
				       name);
}

/* *why_out stays NULL if all was done. */
static enum outcome try_scope(const struct confine_limits *limits, pid_t pid, char **why_out)
{
	sd_bus *bus = open_bus(why_out);
	enum outcome outcome = SCOPE_NO_MANAGER;

	if (bus != NULL && is_there(bus, why_out))
		outcome = make_scope(bus, limits, pid, why_out) ? SCOPE_MADE : SCOPE_REFUSED;
	if (outcome == SCOPE_MADE)
		say_what_does_not_hold(limits, pid, why_out);
	(void)sd_bus_flush_close_unref(bus);
	return outcome;
}
#else
int confine_scope_find(char **why_out)
{
	*why_out = text_format(_("vmgrant was built without sd-bus"));
	return -1;
}

static enum outcome try_scope(const struct confine_limits *limits, pid_t pid, char **why_out)
{
	(void)limits;
	(void)pid;
	(void)confine_scope_find(why_out);
	return SCOPE_NO_MANAGER;
}
#endif

/*
 * Where there is no manager the rest still holds, and where it limits nothing so does the group:
 * that is said, and no reason to stop unless the person named a limit.
 */
int confine_scope_enter(const struct confine *confine, pid_t pid)
{
	static const char *const objects[] = {
		[SCOPE_NO_MANAGER] = N_("without a control group of its own"),
		[SCOPE_REFUSED] = N_("a control group cannot be made"),
		[SCOPE_MADE] = N_("the control group"),
	};
	const struct confine_limits *limits = &confine->limits;
	char *why = NULL;
	enum outcome outcome = try_scope(limits, pid, &why);
	int goes_on = why == NULL || confine->level == CONFINE_BEST ||
		      (!limits->are_wanted && outcome != SCOPE_REFUSED);

	if (why != NULL)
		confine_say(_(objects[outcome]), why);
	free(why);
	return goes_on ? 0 : -1;
}
