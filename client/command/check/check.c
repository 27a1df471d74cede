/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The findings of vmgrant check. */
#include "client/command/check/check.h"

#include <stdlib.h>

void check_add(struct check *check, enum check_level level, char *what, char *mend)
{
	struct finding *finding;

	check->findings = text_need(
		realloc(check->findings, (check->count + 1) * sizeof *check->findings));
	finding = &check->findings[check->count++];
	text_clean(what);
	if (mend != NULL)
		text_clean(mend);
	*finding = (struct finding){ level, check->name, what, mend };
}

void check_release(struct check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		free(check->findings[i].what);
		free(check->findings[i].mend);
	}
	free(check->findings);
	check->findings = NULL;
	check->count = 0;
}

enum check_level check_worst(const struct check *check)
{
	enum check_level worst = CHECK_OK;

	for (size_t i = 0; i < check->count; i++) {
		if (check->findings[i].level > worst)
			worst = check->findings[i].level;
	}
	return worst;
}
