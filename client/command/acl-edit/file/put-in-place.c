/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Put a new text in the place of the edited file, whole or not at all. */
#include "client/command/acl-edit/file/put-in-place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/acl-edit/file/keep-attributes.h"
#include "client/command/common/small-file.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* The names beside the file. Whoever has the lock on the folder has them. */
struct names {
	char *fresh, *old, *backup;
};

/* Returns 0 or a negative errno. */
static int remove_left(int folder_fd, const char *name)
{
	return unlinkat(folder_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* The new file, on the disk, under a name that nobody reads. */
static int write_fresh(const struct edited_file *file, const char *name, const char *text,
		       const char **failed_out)
{
	int result = remove_left(file->folder_fd, name), fd;

	*failed_out = _("no new file can be made beside it");
	if (result < 0)
		return result;
	fd = openat(file->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	*failed_out = _("the new text cannot be written");
	result = small_file_write(fd, text);
	if (result == 0) {
		*failed_out = _("owner, mode and attributes cannot be kept");
		result = file->fd >= 0 ? keep_attributes(file->fd, &file->status, fd)
				       : give_attributes(fd);
	}
	if (result == 0 && fsync(fd) < 0) {
		*failed_out = _("the new text does not reach the disk");
		result = -errno;
	}
	/* Network file systems report a failed write at last here. */
	if (close(fd) < 0 && result == 0)
		result = -errno;
	return result;
}

/* Nobody else, who knows no lock, has written it since it was read. */
static int check_unchanged(const struct edited_file *file)
{
	const struct stat *read = &file->status;
	struct stat now;

	if (fstatat(file->folder_fd, file->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return now.st_dev == read->st_dev && now.st_ino == read->st_ino &&
			       now.st_size == read->st_size && now.st_mode == read->st_mode &&
			       now.st_uid == read->st_uid && now.st_gid == read->st_gid &&
			       now.st_mtim.tv_sec == read->st_mtim.tv_sec &&
			       now.st_mtim.tv_nsec == read->st_mtim.tv_nsec
		       ? 0
		       : -EBUSY;
}

/* The old file itself, under a second name. */
static int keep_old(const struct edited_file *file, const struct names *names)
{
	const int folder = file->folder_fd;
	int result = remove_left(folder, names->old);

	if (result == 0 && linkat(folder, file->name, folder, names->old, 0) < 0)
		result = -errno;
	if (result == 0 && renameat(folder, names->old, folder, names->backup) < 0)
		result = -errno;
	/* rename(2) does nothing where both are the same file, as after a kill. */
	(void)unlinkat(folder, names->old, 0);
	return result;
}

static int replace(const struct edited_file *file, const struct names *names,
		   const char **failed_out)
{
	const int folder = file->folder_fd;
	int result;

	*failed_out = _("somebody else has just changed it, try again");
	result = check_unchanged(file);
	if (result < 0)
		return result;
	*failed_out = _("the old file cannot be kept as a backup");
	result = keep_old(file, names);
	if (result < 0)
		return result;
	*failed_out = _("the new file cannot take its place");
	return renameat(folder, names->fresh, folder, file->name) < 0 ? -errno : 0;
}

/* Of a name that must still be free; a link fails if it is not. */
static int take_name(const struct edited_file *file, const struct names *names,
		     const char **failed_out)
{
	const int folder = file->folder_fd;

	*failed_out = _("the new file cannot take its name");
	if (linkat(folder, names->fresh, folder, file->name, 0) < 0)
		return -errno;
	(void)unlinkat(folder, names->fresh, 0);
	return 0;
}

static int place(const struct edited_file *file, const struct names *names, const char *text,
		 const char **failed_out)
{
	int result = write_fresh(file, names->fresh, text, failed_out);

	if (result == 0)
		result = file->fd >= 0 ? replace(file, names, failed_out)
				       : take_name(file, names, failed_out);
	if (result < 0) {
		(void)unlinkat(file->folder_fd, names->fresh, 0);
		return result;
	}
	*failed_out = _("it is changed, but whether that has reached the disk is not known");
	return fsync(file->folder_fd) < 0 ? -errno : 0;
}

int put_in_place(const struct edited_file *file, const char *text, const char **failed_out)
{
	struct names names = { text_format(".%s.new", file->name),
			       text_format(".%s.old", file->name), text_format("%s~", file->name) };
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	sigset_t all, before;
	int result;

	/* What interrupts waits for the end; a limit on file sizes is an error like any other. */
	(void)sigaction(SIGXFSZ, &ignored, NULL);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	result = place(file, &names, text, failed_out);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	free(names.fresh);
	free(names.old);
	free(names.backup);
	return result;
}
