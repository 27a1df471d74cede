/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A path that still leads there from another working folder. */
#include "client/command/common/whole-path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/text/text.h"

char *whole_path(const char *path)
{
	char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0), *whole;

	if (folder == NULL)
		return text_format("%s", path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	whole = text_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path);
	free(folder);
	return whole;
}
