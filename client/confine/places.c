/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The files that a program which is shut in may use. */
#include <stdlib.h>

#include "client/confine/confine.h"
#include "client/text/text.h"

void confine_add(struct confine *confine, const char *path, enum confine_access access,
		 int is_needed)
{
	struct confine_place place = { text_format("%s", path), access, is_needed };

	confine->places = text_need(reallocarray(confine->places, confine->place_count + 1,
						 sizeof *confine->places));
	confine->places[confine->place_count++] = place;
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
	free(confine->environment);
	*confine = (struct confine){ 0 };
}
