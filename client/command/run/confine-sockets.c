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
#include "client/command/run/run.h"

#define BACKLOG 16

/* ---- the socket ---- */

/* One that is in the way is what an earlier QEMU left. */
static int listen_at(int fd, const struct sockaddr_un *address, socklen_t length)
{
	struct stat status;

	if (lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(address->sun_path);
	if (bind(fd, (const struct sockaddr *)address, length) < 0)
		return -1;
	return listen(fd, BACKLOG);
}

int confine_socket_make(const char *path, enum qemu_use use)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result = -1, error = ENAMETOOLONG;

	if (fd >= 0 && strlen(path) < sizeof address.sun_path) {
		memcpy(address.sun_path, path, strlen(path) + 1);
		result = use == QEMU_USE_MAKE_SOCKET
				 ? listen_at(fd, &address, sizeof address)
				 : connect(fd, (struct sockaddr *)&address, sizeof address);
		error = errno;
	}
	if (result == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
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
		{ "-vnc", "leave it out: run --display=vnc-unix,path=PATH has it" },
		{ "-spice", "leave it out: run --display=spice-unix,path=PATH has it" },
		{ "-display", "leave it out: run --display=spice-unix shows the guest" },
		{ "-audiodev", "QEMU reaches no sound server: run --display=spice-unix and "
			       "-audiodev spice take the sound to the viewer" },
		{ "-incoming", "-incoming defer, then migrate-incoming with fd:NAME" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].option, option) == 0)
			return rows[i].text;
	}
	return "only -chardev socket,path= and -netdev stream can have one";
}

int confine_socket_open(struct run *run, const struct qemu_file *file, size_t word)
{
	int fd;

	if (file->is_abstract)
		return command_fail(VMGRANT_UNSUPPORTED, "--confine: %s %.256s: an abstract socket "
				    "cannot be reached: give it a path", file->option, file->path);
	if (!place_fd(run, file, word, -1))
		return command_fail(VMGRANT_UNSUPPORTED,
				    "--confine: %s %.256s: takes no open "
				    "socket: %s",
				    file->option, file->path, advice(file->option));
	fd = run->is_dry ? run->example_fd++ : confine_socket_make(file->path, file->use);
	if (fd < 0)
		return command_fail(VMGRANT_USAGE, "--confine: %s %.256s: cannot be %s: %s",
				    file->option, file->path,
				    file->use == QEMU_USE_CONNECT ? "connected to" : "made",
				    strerror(errno));
	(void)place_fd(run, file, word, fd);
	if (file->use == QEMU_USE_MAKE_SOCKET && !run->is_dry)
		words_add(&run->confine.made, text_format("%s", file->path));
	return VMGRANT_GRANTED;
}

void confine_sockets_remove(const struct run *run)
{
	for (size_t i = 0; i < run->confine.made.count; i++)
		(void)unlink(run->confine.made.items[i]);
}
