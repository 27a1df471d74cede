/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Who looks at the display of a QEMU that is shut in. Runs as the person, beside it. */
#include "client/confine/viewers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/text/text.h"
#include "wire/process/fd-pass.h"

#define BEGIN "{\"execute\":\"qmp_capabilities\"}"
#define TAKE "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"vmgrant-viewer\"}}"
/* A socket that only the person can connect to is the password. */
#define SHOW "{\"execute\":\"add_client\",\"arguments\":{\"protocol\":\"%s\","                      \
	     "\"fdname\":\"vmgrant-viewer\",\"skipauth\":true}}"

/* Half of a command would make nonsense of the next: then no more is said. */
static void end(struct confine_viewers *viewers)
{
	close(viewers->monitor_fd);
	close(viewers->listen_fd);
	viewers->monitor_fd = viewers->listen_fd = -1;
}

/* fd: goes with it, -1: none. A QEMU that does not listen is not waited for. */
static void say(struct confine_viewers *viewers, const char *text, int fd)
{
	if (viewers->monitor_fd >= 0 &&
	    fd_pass_send(viewers->monitor_fd, text, strlen(text), &fd, fd >= 0, 0) < 0)
		end(viewers);
}

void viewers_begin(struct confine_viewers *viewers)
{
	if (viewers->protocol == NULL)
		viewers->listen_fd = viewers->monitor_fd = -1;
	else
		say(viewers, BEGIN, -1);
}

void viewers_accept(struct confine_viewers *viewers)
{
	int fd = accept4(viewers->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	char *show;

	if (fd < 0)
		return;
	show = text_format(SHOW, viewers->protocol);
	say(viewers, TAKE, fd);
	say(viewers, show, -1);
	free(show);
	close(fd);
}

void viewers_drain(struct confine_viewers *viewers)
{
	char rest[4096];
	ssize_t length = recv(viewers->monitor_fd, rest, sizeof rest, MSG_DONTWAIT);

	if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
		end(viewers);
}
