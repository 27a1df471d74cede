/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The name of a disk, which may be a file, a URL or something that only QEMU knows. Runs as the
 * person.
 *
 * The prefixes are those that block drivers of QEMU take: "nbd:unix:PATH", "fat:rw:FOLDER",
 * "json:{...}". What a network is asked for is no file here.
 */
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"
#include "client/text/message.h"
#include "client/text/text.h"

static const char *behind(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : NULL;
}

void image_add(struct reading *reading, const struct image *image, const char *path,
	       struct qemu_place place)
{
	struct qemu_file *file;
	int is_read_only = image->is_read_only || reading->has_snapshot;

	/* An fd that somebody handed over has no path. */
	if (*path == '\0' || behind(path, "/dev/fdset/") != NULL)
		return;
	file = reading_add(reading, path, is_read_only ? QEMU_USE_READ : QEMU_USE_READ_WRITE,
			   TAKE_FDSET | (is_read_only ? TAKE_READ_ONLY : 0), place);
	file->format = image->format != NULL ? text_need(strdup(image->format)) : NULL;
	file->node = image->node != NULL ? text_need(strdup(image->node)) : NULL;
	file->is_image = 1;
	file->is_auto_read_only = !is_read_only && image->is_auto_read_only;
	file->is_backing_named = image->is_backing_named;
}

static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = digit != '\0' ? strchr(digits, digit) : NULL;

	return found != NULL ? (int)((found - digits) % 16) : -1;
}

/* "socket=%2Frun%2Fx" and so on, behind a '?': the path, or NULL. */
static char *url_socket(const char *url)
{
	const char *query = strchr(url, '?');
	char *path;
	size_t length = 0;

	while (query != NULL && behind(query + 1, "socket=") == NULL)
		query = strpbrk(query + 1, "&;");
	if (query == NULL)
		return NULL;
	query += 1 + strlen("socket=");
	path = text_need(malloc(strlen(query) + 1));
	for (; *query != '\0' && strchr("&;#", *query) == NULL; query++) {
		int high = *query == '%' ? hex_value(query[1]) : -1;
		int low = high >= 0 ? hex_value(query[2]) : -1;

		path[length++] = low >= 0 ? (char)(16 * high + low) : *query;
		query += low >= 0 ? 2 : 0;
	}
	path[length] = '\0';
	return path;
}

static void socket_url_read(struct reading *reading, const char *url)
{
	char *path = url_socket(url);

	if (path != NULL)
		(void)reading_add(reading, path, QEMU_USE_CONNECT, 0, (struct qemu_place){ 0 });
	else
		reading_doubt(reading, url, N_("a URL without a socket"));
	free(path);
}

/* "nbd:unix:PATH[:exportname=NAME]", "nbd:HOST:PORT". */
static void nbd_read(struct reading *reading, const char *name)
{
	const char *start = behind(name, "nbd:unix:");
	const char *end;
	char *path;

	if (start == NULL)
		return;
	end = strstr(start, ":exportname=");
	path = text_need(end != NULL ? strndup(start, (size_t)(end - start)) : strdup(start));
	(void)reading_add(reading, path, QEMU_USE_CONNECT, 0, (struct qemu_place){ 0 });
	free(path);
}

/* "fat:[12:|16:|32:][floppy:][rw:]FOLDER". */
static void fat_read(struct reading *reading, const char *name)
{
	const char *path = strrchr(name, ':') + 1;
	int is_written = strstr(name, ":rw:") != NULL && strstr(name, ":rw:") < path;
	/* A folder's own name may have a colon: what stands before it does not begin with a slash. */
	const char *slash = strpbrk(name, "./");

	if (slash != NULL && slash < path)
		path = slash;
	(void)reading_add(reading, path, QEMU_USE_FOLDER, is_written ? 0 : TAKE_READ_ONLY,
			  (struct qemu_place){ 0 });
	if (is_written)
		(void)reading_add(reading, "/var/tmp", QEMU_USE_TEMPORARY, TAKE_IMPLIED,
				  (struct qemu_place){ 0 });
}

/* "blkdebug:[CONFIG]:IMAGE", "blkverify:RAW:IMAGE". */
static void two_names_read(struct reading *reading, const struct image *image, const char *names,
			   enum qemu_use use_of_first)
{
	const char *colon = strchr(names, ':');
	struct image inner = { .is_read_only = image->is_read_only };
	char *first;

	if (colon == NULL || reading->depth >= READING_DEPTH_MAX) {
		reading_doubt(reading, names, N_("not two names"));
		return;
	}
	first = text_need(strndup(names, (size_t)(colon - names)));
	if (*first != '\0')
		(void)reading_add(reading, first, use_of_first, 0, (struct qemu_place){ 0 });
	reading->depth++;
	image_name_read(reading, &inner, colon + 1, (struct qemu_place){ .word = reading->word });
	reading->depth--;
	free(first);
}

static void json_name_read(struct reading *reading, const struct image *image, const char *text)
{
	struct pairs pairs = { 0 };

	if (reading->depth >= READING_DEPTH_MAX ||
	    pairs_read_json(&pairs, text, (struct qemu_place){ .word = -1 }) < 0) {
		reading_doubt(reading, text, N_("not JSON that can be read"));
	} else {
		if (image->is_read_only && pairs_find(&pairs, "read-only") == NULL)
			pairs_add(&pairs, text_need(strdup("read-only")), text_need(strdup("on")),
				  (struct qemu_place){ .word = -1 });
		reading->depth++;
		drive_read(reading, &pairs);
		reading->depth--;
	}
	pairs_release(&pairs);
}

/* What only a network has. */
static int is_remote(const char *name)
{
	static const char *const prefixes[] = {
		"nbd:",     "nbd+tcp:", "nbds:", "nbds+tcp:", "iscsi:", "iser:",    "http:",
		"https:",   "ftp:",     "ftps:", "tftp:",     "ssh:",   "ssh+",     "nfs:",
		"gluster:", "gluster+", "rbd:",  "sheepdog:", "vxhs:",  "null-co:", "null-aio:",
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (behind(name, prefixes[i]) != NULL)
			return 1;
	}
	return 0;
}

/* Has the name a prefix? As QEMU's path_has_protocol() sees it. */
static int has_prefix(const char *name)
{
	return name[strcspn(name, ":/")] == ':';
}

void image_name_read(struct reading *reading, const struct image *image, const char *name,
		     struct qemu_place place)
{
	static const char *const stripped[] = { "file:", "host_device:", "host_cdrom:" };

	for (size_t i = 0; i < sizeof stripped / sizeof *stripped; i++) {
		const char *path = behind(name, stripped[i]);

		if (path != NULL) {
			image_add(reading, image, path,
				  place_part(name, place, strlen(stripped[i]), strlen(path)));
			return;
		}
	}
	if (!has_prefix(name))
		image_add(reading, image, name, place);
	else if (behind(name, "json:") != NULL)
		json_name_read(reading, image, behind(name, "json:"));
	else if (behind(name, "fat:") != NULL)
		fat_read(reading, name);
	else if (behind(name, "blkdebug:") != NULL)
		two_names_read(reading, image, behind(name, "blkdebug:"), QEMU_USE_READ);
	else if (behind(name, "blkverify:") != NULL)
		two_names_read(reading, image, behind(name, "blkverify:"), QEMU_USE_READ_WRITE);
	else if (behind(name, "nbd+unix:") != NULL || behind(name, "nbds+unix:") != NULL ||
		 behind(name, "gluster+unix:") != NULL)
		socket_url_read(reading, name);
	else if (behind(name, "nbd:") != NULL)
		nbd_read(reading, name);
	else if (behind(name, "nvme:") != NULL)
		needs_read(reading, "block", "nvme", &(struct pairs){ 0 });
	else if (!is_remote(name))
		reading_doubt(reading, name, N_("a disk of an unknown protocol"));
}
