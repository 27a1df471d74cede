/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The file that is edited: found, locked, read. */
#include "client/command/acl-edit/file/edited-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/whole-path.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "judge/policy/trusted-file.h"
#include "wire/refusal/escape.h"

#define NEW_NAME "local.conf"

/* An edit takes milliseconds; somebody who stopped one in its middle is told of. */
#define LOCK_WAIT_MS 60000u
#define LOCK_STEP_MS 20u

static int fail(const char *command, const char *path, const char *what, const char *why)
{
	char shown[256];

	return command_fail(VMGRANT_POLICY, "%s: %s: %s: %s", command,
			    escape_string(shown, sizeof shown, path), what, why);
}

/* ---- the way to it ---- */

static int is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static char *name_file(const char *path)
{
	char *whole = whole_path(path), *file;

	if (!is_folder(whole))
		return whole;
	file = text_format("%s%s" NEW_NAME, whole, whole[strlen(whole) - 1] == '/' ? "" : "/");
	free(whole);
	return file;
}

/* Open as a request would; whoever is not root may have drafts anywhere. */
static int open_path(const char *path, mode_t kind, struct trusted_problem *problem)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd;

	if (geteuid() == 0)
		return trusted_file_open(path, kind, problem);
	fd = open(path, flags | (kind == S_IFDIR ? O_DIRECTORY : 0));
	if (fd < 0)
		*problem = (struct trusted_problem){ .kind = TRUSTED_NOT_OPENED, .error = errno };
	return fd;
}

static const char *reason(const struct trusted_problem *problem)
{
	return problem->reason[0] != '\0' ? problem->reason : strerror(problem->error);
}

/* Behind all links; of a file that is not there yet, its folder's with its name. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL), *folder, *name, *whole = NULL;

	if (real != NULL || errno != ENOENT)
		return real;
	name = text_format("%s", text_base_name(path));
	folder = text_format("%.*s", (int)(strlen(path) - strlen(name)), path);
	real = realpath(folder[0] != '\0' ? folder : "/", NULL);
	/* A link that leads nowhere is somebody's work: a file beside it would undo that. */
	if (real != NULL && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		whole = text_format("%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	free(real);
	free(folder);
	free(name);
	if (whole == NULL)
		errno = ENOENT;
	return whole;
}

/* ---- the lock ---- */

/* On the folder, so that no file is left for it and the edited one may change under it. */
static int lock_folder(int folder_fd)
{
	const struct timespec step = { 0, LOCK_STEP_MS * 1000000L };

	for (unsigned waited_ms = 0; flock(folder_fd, LOCK_EX | LOCK_NB) < 0;
	     waited_ms += LOCK_STEP_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited_ms >= LOCK_WAIT_MS)
			return -1;
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

/* real: behind all links. Consumes it. */
static int open_folder(struct edited_file *file, const char *command, char *real, int *closed_out)
{
	struct trusted_problem problem = { 0 };
	char *slash = strrchr(real, '/');
	int code = VMGRANT_GRANTED;

	file->name = text_format("%s", slash + 1);
	slash[slash == real] = '\0';
	file->folder_fd = open_path(real, S_IFDIR, &problem);
	if (file->folder_fd < 0 && problem.error == EACCES) {
		*closed_out = 1;
		code = VMGRANT_NO_PRIVILEGE;
	} else if (file->folder_fd < 0) {
		/* A store that links lead to may have a folder that others can add to. */
		file->folder_fd = problem.kind == TRUSTED_NOT_TRUSTED
					  ? open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					  : -1;
		if (file->folder_fd < 0)
			code = fail(command, real, _("cannot be opened"), reason(&problem));
	}
	if (code == VMGRANT_GRANTED && lock_folder(file->folder_fd) < 0)
		code = fail(command, real, _("somebody else is editing there"),
			    errno == EWOULDBLOCK ? _("gave up after a minute") : strerror(errno));
	free(real);
	return code;
}

/* ---- the file ---- */

/* What has been opened is what the name in the locked folder stands for. */
static int is_in_folder(const struct edited_file *file)
{
	struct stat status;

	return fstatat(file->folder_fd, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       status.st_dev == file->status.st_dev && status.st_ino == file->status.st_ino;
}

static int read_open(struct edited_file *file, const char *command)
{
	struct trusted_problem problem = { 0 };

	if (fstat(file->fd, &file->status) < 0 || !is_in_folder(file))
		return fail(command, file->path, _("it has just been changed"), _("try again"));
	if (!S_ISREG(file->status.st_mode))
		return fail(command, file->path, _("cannot be edited"), _("no regular file"));
	free(file->text);
	file->text = NULL;
	if (trusted_file_read(file->fd, &file->text, &file->length, &problem) < 0)
		return fail(command, file->path, _("cannot be read"), reason(&problem));
	/* From here on it is a string, of which nothing may be lost. */
	if (strlen(file->text) != file->length)
		return fail(command, file->path, _("NUL byte"), _("mend it first"));
	return VMGRANT_GRANTED;
}

static int find_and_read(struct edited_file *file, const char *command, int *closed_out)
{
	struct trusted_problem problem = { 0 };
	char *real = resolve(file->path);
	int code;

	if (real == NULL && errno == EACCES) {
		*closed_out = 1;
		return VMGRANT_NO_PRIVILEGE;
	}
	if (real == NULL)
		return fail(command, file->path, _("there is no such file"), strerror(errno));
	code = open_folder(file, command, real, closed_out);
	if (code != VMGRANT_GRANTED)
		return code;
	file->fd = open_path(file->path, S_IFREG, &problem);
	if (file->fd >= 0)
		return read_open(file, command);
	if (problem.error == EACCES && problem.kind == TRUSTED_NOT_OPENED) {
		*closed_out = 1;
		return VMGRANT_NO_PRIVILEGE;
	}
	if (problem.kind != TRUSTED_NOT_OPENED || problem.error != ENOENT)
		return fail(command, file->path, _("is not edited"), reason(&problem));
	return VMGRANT_GRANTED;
}

int edited_file_open(struct edited_file *file, const char *command, const char *path,
		     int *closed_out)
{
	*closed_out = 0;
	*file = (struct edited_file){ .folder_fd = -1, .fd = -1 };
	file->path = name_file(path != NULL ? path : VMGRANT_ACL_FILE);
	file->text = text_format("%s", "");
	return find_and_read(file, command, closed_out);
}

void edited_file_release(struct edited_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->folder_fd >= 0)
		close(file->folder_fd);
	free(file->path);
	free(file->name);
	free(file->text);
	*file = (struct edited_file){ .folder_fd = -1, .fd = -1 };
}
