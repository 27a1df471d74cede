/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant run --confine --display: where the person sees the guest. */
#include "client/command/run/confine-display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/whole-path.h"
#include "client/command/options/option-words.h"
#include "client/command/run/confine-sockets.h"
#include "client/command/run/run.h"
#include "client/qemu/files.h"
#include "client/text/message.h"

static const struct display {
	const char *name;
	const char *option, *value; /* QEMU's words for one that listens nowhere */
	const char *protocol;	    /* of its monitor's add_client; NULL: nobody looks */
	const char *suffix;
} displays[] = {
	{ "none", "-display", "none", NULL, NULL },
	{ "vnc-unix", "-vnc", "none", "vnc", "vnc" },
	{ "spice-unix", "-spice", "port=0,disable-ticketing=on", "spice", "spice" },
};

#define DISPLAYS (sizeof displays / sizeof displays[0])

/* ---- the option ---- */

static int take_kind(struct run_confine *confine, struct piece piece)
{
	for (size_t i = 0; i < DISPLAYS; i++) {
		if (piece_is(piece, displays[i].name)) {
			confine->display = &displays[i];
			return VMGRANT_GRANTED;
		}
	}
	/* QEMU asks the kernel who its client is, and takes another id's word for nothing. */
	if (piece_is(piece, "dbus"))
		return command_fail(VMGRANT_UNSUPPORTED,
				    _("--display=dbus: D-Bus takes nobody from "
				      "another user namespace for who he is: use spice-unix"));
	return command_fail(VMGRANT_USAGE, _("--display=%.*s: takes none, vnc-unix and spice-unix"),
			    (int)piece.length, piece.text);
}

int confine_display_take(struct run_confine *confine, const char *text)
{
	struct piece piece = piece_first(text), path;
	int code = take_kind(confine, piece);

	while (code == VMGRANT_GRANTED && piece_next(&piece)) {
		path = piece_value(piece, "path");
		if (path.length == 0 || confine->display->protocol == NULL)
			return command_fail(VMGRANT_USAGE,
					    _("--display=%.256s: only path=PATH of a "
					      "socket may follow"),
					    text);
		free(confine->display_path);
		confine->display_path = text_format("%.*s", (int)path.length, path.text);
	}
	return code;
}

/* ---- the socket ---- */

static char *choose_path(const struct run_confine *confine)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (confine->display_path != NULL)
		return whole_path(confine->display_path);
	if (folder == NULL || *folder != '/')
		return NULL;
	return text_format("%s/vmgrant-%d.%s", folder, (int)getpid(), confine->display->suffix);
}

/* Whoever may connect needs no password. */
static int listen_for_the_person(struct confine *confine, const char *path)
{
	mode_t before = umask(077);
	char *share = NULL;
	int fd = confine_socket_make(confine, path, QEMU_USE_MAKE_SOCKET, &share), error = errno;

	(void)umask(before);
	free(share);
	errno = error;
	return fd;
}

/* Ours is the first; it ends with this process, QEMU's is named in its words. */
static int make_monitor(struct run *run, int ends[2])
{
	char *id;

	if (run->is_dry)
		ends[1] = run->example_fd++;
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	id = launch_free_id(run->words.items, "display", LAUNCH_ID_PLAIN, 0);
	launch_add(&run->words, "-chardev", text_format("socket,id=%s,fd=%d", id, ends[1]));
	launch_add(&run->words, "-mon", text_format("chardev=%s,mode=control", id));
	free(id);
	return 0;
}

static int open_at(struct run *run, const char *path)
{
	struct confine_viewers *viewers = &run->confine.confine.viewers;
	int ends[2] = { -1, -1 };
	int fd = run->is_dry ? -1 : listen_for_the_person(&run->confine.confine, path);

	if (!run->is_dry && fd < 0)
		return command_fail(VMGRANT_USAGE, _("--display: %.256s: cannot be made: %s"), path,
				    errno == EXDEV ? _("leads out of a folder where a guest may "
						       "have put that link")
						   : strerror(errno));
	if (!run->is_dry)
		words_add(&run->confine.made, text_format("%s", path));
	if (make_monitor(run, ends) < 0)
		return command_fail(VMGRANT_INTERNAL, _("--display: %s"), strerror(errno));
	*viewers = (struct confine_viewers){ run->confine.display->protocol, fd, ends[0] };
	if (!run->is_dry)
		(void)command_fail(0, _("--display: %.256s"), path);
	return VMGRANT_GRANTED;
}

int confine_display_open(struct run *run)
{
	const struct display *display = run->confine.display;
	char *path;
	int code;

	if (display == NULL)
		return VMGRANT_GRANTED;
	if (!run->qemu.is_qemu)
		return command_fail(VMGRANT_USAGE, _("--display: is for QEMU alone"));
	launch_add(&run->words, display->option, text_format("%s", display->value));
	if (display->protocol == NULL)
		return VMGRANT_GRANTED;
	if (run->confine.confine.may_stay)
		return command_fail(VMGRANT_USAGE,
				    _("--display=%s: not with -daemonize: who hands "
				      "viewers to QEMU would be gone"),
				    display->name);
	path = choose_path(&run->confine);
	if (path == NULL)
		return command_fail(VMGRANT_USAGE,
				    _("--display=%s: XDG_RUNTIME_DIR is not set: name "
				      "the socket: --display=%s,path=PATH"),
				    display->name, display->name);
	code = open_at(run, path);
	free(path);
	return code;
}
