/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The files that a program which is shut in may use. */
#include <stdlib.h>
#include <string.h>

#include "client/confine/confine.h"
#include "client/text/same-file.h"
#include "client/text/text.h"

/* "/a/../b//c" -> "/b/c" */
static char *without_dots(const char *path)
{
	char *text = text_format("%s/", path);
	size_t length = 0;

	for (const char *name = path; *name != '\0';) {
		const size_t size = strcspn(name, "/");

		if (size == 2 && strncmp(name, "..", size) == 0) {
			while (length > 0 && text[--length] != '/')
				;
		} else if (size > 0 && (size != 1 || *name != '.')) {
			text[length++] = '/';
			memmove(text + length, name, size);
			length += size;
		}
		name += size + (name[size] == '/');
	}
	text[length] = '\0';
	return text;
}

/* In a root of folders and no links they are one place, if it is the same file here, too. */
static char *plain_path(const char *path)
{
	char *plain = without_dots(path);

	if (same_file(plain, path))
		return plain;
	free(plain);
	return text_format("%s", path);
}

void confine_add(struct confine *confine, const char *path, enum confine_access access,
		 int is_needed)
{
	struct confine_place place = { plain_path(path), access, is_needed, -1 };

	confine->places = text_need(reallocarray(confine->places, confine->place_count + 1,
						 sizeof *confine->places));
	confine->places[confine->place_count++] = place;
	if (access == CONFINE_WRITE)
		confine_share(confine, path);
}

void confine_forget(struct confine *confine)
{
	size_t kept = 0;

	for (size_t i = 0; i < confine->place_count; i++) {
		if (confine->places[i].access == CONFINE_BY_FD)
			free(confine->places[i].path);
		else
			confine->places[kept++] = confine->places[i];
	}
	confine->place_count = kept;
}

/* Where /bin, /lib and others are links that lead there, what is in them needs it. */
static int is_behind_links(const char *path)
{
	return strcmp(path, "/usr") != 0;
}

static int by_path(const void *left, const void *right)
{
	const struct confine_place *one = left, *other = right;
	int order = is_behind_links(one->path) - is_behind_links(other->path);

	if (order == 0)
		order = strcmp(one->path, other->path);

	return order != 0 ? order : (int)one->access - (int)other->access;
}

void confine_sort(struct confine *confine)
{
	struct confine_place *places = confine->places;

	if (confine->place_count > 0)
		qsort(places, confine->place_count, sizeof *places, by_path);
	for (size_t i = 1; i < confine->place_count; i++) {
		if (strcmp(places[i - 1].path, places[i].path) != 0)
			continue;
		places[i].is_needed |= places[i - 1].is_needed;
		places[i - 1].access = CONFINE_BY_FD;
	}
	confine_forget(confine);
}

/* Programs and libraries, what the loader and locales read, and devices that reach nobody. */
void confine_add_system(struct confine *confine)
{
	static const struct {
		const char *path;
		enum confine_access access;
	} places[] = {
		{ "/usr", CONFINE_RUN },
		{ "/bin", CONFINE_RUN },
		{ "/sbin", CONFINE_RUN },
		{ "/lib", CONFINE_RUN },
		{ "/lib32", CONFINE_RUN },
		{ "/lib64", CONFINE_RUN },
		{ "/nix/store", CONFINE_RUN },
		{ "/gnu/store", CONFINE_RUN },
		{ "/etc/ld.so.cache", CONFINE_READ },
		{ "/etc/ld-musl-x86_64.path", CONFINE_READ },
		{ "/etc/alternatives", CONFINE_READ },
		{ "/etc/qemu", CONFINE_READ },
		{ "/etc/localtime", CONFINE_READ },
		{ "/etc/ssl/openssl.cnf", CONFINE_READ },
		{ "/etc/gnutls/config", CONFINE_READ },
		{ "/etc/crypto-policies", CONFINE_READ },
		{ "/dev/null", CONFINE_NODE },
		{ "/dev/zero", CONFINE_NODE },
		{ "/dev/full", CONFINE_NODE },
		{ "/dev/random", CONFINE_NODE },
		{ "/dev/urandom", CONFINE_NODE },
		{ "/dev/kvm", CONFINE_NODE },
		{ "/sys/devices/system/cpu", CONFINE_READ },
		{ "/sys/kernel/mm/transparent_hugepage", CONFINE_READ },
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		confine_add(confine, places[i].path, places[i].access, 0);
}

void confine_release(struct confine *confine)
{
	for (size_t i = 0; i < confine->place_count; i++)
		free(confine->places[i].path);
	free(confine->places);
	free(confine->shares);
	free(confine->environment);
	*confine = (struct confine){ 0 };
}
