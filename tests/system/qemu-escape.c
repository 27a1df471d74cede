/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A plugin of QEMU's that is an attacker: once loaded, the process runs a program of Python's, as
 * one does in whom a guest's bytes have become code.
 *
 * QEMU_ESCAPE in the environment: the file of Python's library, the program and its argument,
 * separated by colons.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int main_function(int argc, char **argv);

static void __attribute__((constructor)) escape(void)
{
	char *words[4] = { (char[]){ "/usr/bin/python3" }, (char[]){ "-I" } }, *library;
	char *text = getenv("QEMU_ESCAPE");
	main_function *python = NULL;
	void *object;

	library = text == NULL ? NULL : strtok(text, ":");
	words[2] = strtok(NULL, ":");
	words[3] = strtok(NULL, ":");
	object = library == NULL ? NULL : dlopen(library, RTLD_NOW | RTLD_GLOBAL);
	if (object != NULL)
		*(void **)&python = dlsym(object, "Py_BytesMain");
	if (python == NULL || words[3] == NULL) {
		(void)fprintf(stderr, "no Python: %s\n", dlerror());
		_exit(99);
	}
	_exit(python(4, words));
}
