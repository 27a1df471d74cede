/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The sockets that a confined QEMU's command line names.
 *
 * In a folder of the person's QEMU can neither make one under its own id nor reach one, so it
 * gets them open. They stay the person's, with the mode that the umask gives.
 */
#include "client/command/run/confine-sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/run/confine-shared.h"
#include "client/command/run/run.h"
#include "client/text/message.h"

#define BACKLOG 16

/* ---- the socket ---- */

/* By an fd: nobody can put a link between. Returns 0 or -1 with errno. */
static int name_by_fd(struct sockaddr_un *address, int fd, const char *name)
{
	int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s%s",
			      fd, *name == '\0' ? "" : "/", name);

	if (length >= 0 && (size_t)length < sizeof address->sun_path)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Where no guest writes by its path, which is what others are shown of it. */
static int name_socket(struct sockaddr_un *address, int folder_fd, const char *path,
		       const char *share)
{
	if (share != NULL || strlen(path) >= sizeof address->sun_path)
		return name_by_fd(address, folder_fd, text_base_name(path));
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

/* The folder of a path, open. Returns the fd or -1 with errno. */
static int open_folder(struct confine *confine, const char *path, char **share_out)
{
	const char *name = text_base_name(path);
	char *folder =
		name == path ? text_format(".") : text_format("%.*s", (int)(name - path), path);
	int fd = confine_open(confine, folder, O_PATH | O_DIRECTORY | O_CLOEXEC, share_out),
	    error = errno;

	free(folder);
	errno = error;
	return fd;
}

/* If it is one, and no file. */
static void remove_socket(int folder_fd, const char *name)
{
	struct stat status;

	if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode))
		(void)unlinkat(folder_fd, name, 0);
}

/* One that is in the way is what an earlier QEMU left. */
static int listen_in(int fd, int folder_fd, const char *path, const char *share)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (name_socket(&address, folder_fd, path, share) < 0)
		return -1;
	remove_socket(folder_fd, text_base_name(path));
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	return listen(fd, BACKLOG);
}

static int connect_to(int fd, int place_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (name_by_fd(&address, place_fd, "") < 0)
		return -1;
	return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

int confine_socket_make(struct confine *confine, const char *path, enum qemu_use use,
			char **share_out)
{
	const int is_made = use == QEMU_USE_MAKE_SOCKET;
	int place_fd = is_made ? open_folder(confine, path, share_out)
			       : confine_open(confine, path, O_PATH | O_CLOEXEC, share_out);
	int fd, result = -1, error;

	if (place_fd < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0)
		result = is_made ? listen_in(fd, place_fd, path, *share_out)
				 : connect_to(fd, place_fd);
	error = errno;
	close(place_fd);
	if (result < 0 && fd >= 0)
		close(fd);
	errno = error;
	return result < 0 ? -1 : fd;
}

/* ---- the word ---- */

/* What stands behind the piece that begins at text: its comma or the end. ",," is a comma in it. */
static const char *piece_end(const char *text)
{
	while (*text != '\0' && (text[0] != ',' || text[1] == ','))
		text += *text == ',' ? 2 : 1;
	return text;
}

/* A word in which another text stands for the piece of that key; NULL: there is no such piece. */
static char *with_piece(const char *word, const char *key, const char *instead)
{
	for (const char *piece = word; *piece != '\0';) {
		const char *end = piece_end(piece);

		if (strncmp(piece, key, strlen(key)) == 0)
			return text_format("%.*s%s%s", (int)(piece - word), word, instead, end);
		piece = *end == ',' ? end + 1 : end;
	}
	return NULL;
}

/* "socket,id=c,path=/s,server=on" with "fd=N" instead. */
static char *chardev_with_fd(const char *word, int fd)
{
	char *instead = text_format("fd=%d", fd), *changed = with_piece(word, "path=", instead);

	free(instead);
	return changed;
}

/* "stream,id=n,server=off,addr.type=unix,addr.path=/s" with "addr.type=fd" and "addr.str=N". */
static char *stream_with_fd(const char *word, int fd)
{
	char *instead = text_format("addr.str=%d", fd), *changed = NULL;
	char *half = with_piece(word, "addr.path=", instead);

	if (half != NULL)
		changed = with_piece(half, "addr.type=unix", "addr.type=fd");
	free(half);
	free(instead);
	return changed;
}

static char *with_fd(const char *option, const char *word, int fd)
{
	if (strcmp(option, "-chardev") == 0)
		return chardev_with_fd(word, fd);
	return strcmp(option, "-netdev") == 0 ? stream_with_fd(word, fd) : NULL;
}

/* Of the short form a character device with a name, and its name instead. */
static void name_device(struct run *run, size_t word, int fd)
{
	const char *text = run->words.items[word];
	char *id = launch_free_id(run->words.items, "socket", LAUNCH_ID_NUMBERED, 0);
	char *device = text_format("socket,id=%s,fd=%d%s", id, fd, piece_end(text));

	launch_add(&run->words, "-chardev", device);
	free(run->words.items[word]);
	run->words.items[word] = text_format("chardev:%s", id);
	free(id);
}

static int takes_short_form(const char *option)
{
	static const char *const options[] = { "-qmp", "-qmp-pretty", "-monitor", "-serial",
					       "-parallel", "-gdb" };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (strcmp(options[i], option) == 0)
			return 1;
	}
	return 0;
}

/* Returns 1 if the word can have an fd, and has it if there is one. */
static int place_fd(struct run *run, const struct qemu_file *file, size_t word, int fd)
{
	const char *text = run->words.items[word];
	char *changed;

	if (takes_short_form(file->option) && strncmp(text, "unix:", 5) == 0) {
		if (fd >= 0)
			name_device(run, word, fd);
		return 1;
	}
	changed = with_fd(file->option, text, fd);
	if (changed == NULL)
		return 0;
	if (fd >= 0) {
		free(run->words.items[word]);
		run->words.items[word] = changed;
	} else {
		free(changed);
	}
	return 1;
}

/* What goes instead. */
static const char *advice(const char *option)
{
	static const struct {
		const char *option, *text;
	} rows[] = {
		{ "-vnc", N_("leave it out: run --display=vnc-unix,path=PATH has it") },
		{ "-spice", N_("leave it out: run --display=spice-unix,path=PATH has it") },
		{ "-display", N_("leave it out: run --display=spice-unix shows the guest") },
		{ "-audiodev", N_("QEMU reaches no sound server: run --display=spice-unix and "
				  "-audiodev spice take the sound to the viewer") },
		{ "-incoming", N_("-incoming defer, then migrate-incoming with fd:NAME") },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].option, option) == 0)
			return _(rows[i].text);
	}
	return _("only -chardev socket,path= and -netdev stream can have one");
}

int confine_socket_open(struct run *run, const struct qemu_file *file, size_t word)
{
	char *share = NULL;
	int fd;

	if (file->is_abstract)
		return command_fail(VMGRANT_UNSUPPORTED,
				    _("--confine: %s %.256s: an abstract socket "
				      "cannot be reached: give it a path"),
				    file->option, file->path);
	if (!place_fd(run, file, word, -1))
		return command_fail(VMGRANT_UNSUPPORTED,
				    _("--confine: %s %.256s: takes no open "
				      "socket: %s"),
				    file->option, file->path, advice(file->option));
	fd = run->is_dry
		     ? run->example_fd++
		     : confine_socket_make(&run->confine.confine, file->path, file->use, &share);
	if (fd < 0)
		return confine_shared_refuse(file, share);
	free(share);
	(void)place_fd(run, file, word, fd);
	if (file->use == QEMU_USE_MAKE_SOCKET && !run->is_dry)
		words_add(&run->confine.made, text_format("%s", file->path));
	return VMGRANT_GRANTED;
}

/* The guest has run meanwhile: what it made of its folders is looked at anew. */
void confine_sockets_remove(struct run *run)
{
	for (size_t i = 0; i < run->confine.made.count; i++) {
		const char *path = run->confine.made.items[i];
		int folder_fd = open_folder(&run->confine.confine, path, NULL);

		if (folder_fd < 0)
			continue;
		remove_socket(folder_fd, text_base_name(path));
		close(folder_fd);
	}
}
