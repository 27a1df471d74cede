/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* See trusted-place.h. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/trusted-place.h"

#define FOREIGN_TIME 77

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);

int __wrap_fstat(int fd, struct stat *status)
{
	int result = __real_fstat(fd, status);

	status->st_uid = status->st_mtim.tv_sec == FOREIGN_TIME ? 1000 : 0;
	return result;
}

void place_run(const struct place *place, const char *script)
{
	char command[2048];

	snprintf(command, sizeof command,
		 "set -e; cd '%s'; umask 022; foreign() { touch -h -d @%d \"$@\"; }; %s",
		 place->root, FOREIGN_TIME, script);
	assert_int_equal(system(command), 0);
}

int place_set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	strcpy(place->root, "/tmp/vmgrant-unit-XXXXXX");
	*state = place;
	if (mkdtemp(place->root) == NULL)
		return -1;
	/* A store as NixOS has it, and a policy that lies in it. */
	place_run(place, "mkdir -p etc/vmgrant gnu/store/a-etc;"
			 "echo plain >etc/plain.conf; echo stored >gnu/store/a-etc/acl.conf;"
			 "echo single >gnu/store/b-acl.conf; chmod 1775 gnu/store;"
			 "ln -s /gnu/store/a-etc etc/static;"
			 "ln -s /etc/static/acl.conf etc/vmgrant/acl.conf");
	return 0;
}

int place_tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", place->root);
	free(place);
	return system(command) == 0 ? 0 : -1;
}

/* ---- the steps, with an attacker between them ---- */

static void before_step(struct place *place)
{
	if (++place->step == place->attack_step)
		place_run(place, place->attack);
}

static int remember_folder(struct place *place, int fd)
{
	struct stat status;

	if (fd >= 0 && __real_fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		place->folder_device = status.st_dev;
		place->folder_inode = status.st_ino;
	}
	return fd;
}

/* What a process that takes the steps for another relies on. */
static void assert_contract(const struct place *place, int folder, const char *name)
{
	struct stat status;

	assert_int_equal(__real_fstat(folder, &status), 0);
	assert_true(status.st_dev == place->folder_device && status.st_ino == place->folder_inode);
	assert_true(strlen(name) >= 1 && strlen(name) <= 255);
	assert_null(strchr(name, '/'));
	assert_string_not_equal(name, "..");
}

static int start(void *context)
{
	struct place *place = context;

	before_step(place);
	return remember_folder(place, open(place->root, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static int enter(void *context, int folder, const char *name)
{
	struct place *place = context;

	before_step(place);
	assert_contract(place, folder, name);
	assert_string_not_equal(name, ".");
	return remember_folder(place, trusted_walk_own.enter(NULL, folder, name));
}

static int open_last(void *context, int folder, const char *name, mode_t kind)
{
	struct place *place = context;

	before_step(place);
	assert_contract(place, folder, name);
	assert_int_equal(strcmp(name, ".") == 0, kind == S_IFDIR);
	return trusted_walk_own.open(NULL, folder, name, kind);
}

int place_walk(struct place *place, const char *path, mode_t kind)
{
	const struct trusted_walk steps = { place, start, enter, open_last };

	place->step = 0;
	place->problem = (struct trusted_problem){ 0 };
	return trusted_walk_open(&steps, path, kind, &place->problem);
}

const char *place_content(struct place *place, const char *path)
{
	static char text[64];
	struct trusted_problem problem;
	char *read;
	size_t length;
	int fd = place_walk(place, path, S_IFREG);

	if (fd < 0)
		return "";
	assert_int_equal(trusted_file_read(fd, &read, &length, &problem), 0);
	close(fd);
	snprintf(text, sizeof text, "%.*s", (int)strcspn(read, "\n"), read);
	free(read);
	return text;
}

void place_assert_refused(struct place *place, const char *path, const char *reason)
{
	if (place_content(place, path)[0] != '\0')
		fail_msg("%s was accepted, but %s", path, reason);
	if (strstr(place->problem.reason, reason) == NULL)
		fail_msg("expected '%s', told: %s", reason, place->problem.reason);
	assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
}
