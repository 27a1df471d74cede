/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The findings of vmgrant check. */
#include "client/command/check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/machine/tree.h"
#include "client/text/language.h"
#include "client/text/message.h"

static void add(struct check *check, const struct finding *finding)
{
	check->findings = text_need(
		reallocarray(check->findings, check->count + 1, sizeof *check->findings));
	check->findings[check->count++] = *finding;
	language_clean(finding->what);
	if (finding->mend != NULL)
		language_clean(finding->mend);
}

void check_add(struct check *check, enum check_level level, char *what, char *mend)
{
	add(check, &(struct finding){ level, check->name, what, mend,
				      mend == NULL ? CHECK_NO_REMEDY : CHECK_COMMAND });
}

void check_advise(struct check *check, enum check_level level, char *what, char *advice)
{
	add(check, &(struct finding){ level, check->name, what, advice, CHECK_ADVICE });
}

/* Whether it is there is refused as well, and nothing is opened to find out. */
int check_is_closed(const struct check *check, const char *path)
{
	char *whole = tree_path(check->root, "%s", path);
	int is_closed = access(whole, F_OK) < 0 && errno == EPERM;

	free(whole);
	return is_closed;
}

void check_add_closed(struct check *check, enum check_level level, const char *path,
		      const char *effect)
{
	check_advise(
		check, level,
		text_format(_("%s: forbidden to this service or container: %s"), path, effect),
		text_format(_("DeviceAllow=%s rw in the unit (DevicePolicy= closes devices), or "
			      "start it outside"),
			    path));
}

/* A sentence that ends with a command of root's; returns 1 if this one does. */
static int add_command(struct check *check, enum check_level level, const char *sentence)
{
	static const char *const before[] = {
		": everything is refused until the administrator runs: ",
		": ask the administrator to run: ",
	};

	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
		const char *found = strstr(sentence, before[i]);
		char *quoted;

		if (found == NULL)
			continue;
		quoted = text_shell_quote(found + strlen(before[i]));
		check_add(check, level, text_format("%.*s", (int)(found - sentence), sentence),
			  text_format("sudo sh -c %s", quoted));
		free(quoted);
		return 1;
	}
	return 0;
}

void check_add_sentence(struct check *check, enum check_level level, const char *sentence)
{
	static const char *const starts[] = { "ask ", "try ", "stop ", "start ", "everything is ",
					      "DeviceAllow=", "ReadWritePaths=" };
	const char *advice = NULL;

	if (add_command(check, level, sentence))
		return;
	for (const char *at = sentence; advice == NULL && (at = strstr(at, ": ")) != NULL;) {
		at += 2;
		for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
			if (strncmp(at, starts[i], strlen(starts[i])) == 0)
				advice = at;
		}
	}
	if (advice == NULL)
		check_add(check, level, text_format("%s", sentence), NULL);
	else
		check_advise(check, level,
			     text_format("%.*s", (int)(advice - sentence - 2), sentence),
			     text_format("%s", advice));
}

void check_release(struct check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		free(check->findings[i].what);
		free(check->findings[i].mend);
	}
	free(check->findings);
	for (size_t i = 0; i < check->probe_count; i++) {
		free(check->probes[i].bridge);
		free(check->probes[i].sentence);
	}
	free(check->probes);
	free(check->helper_sentence);
	check->findings = NULL;
	check->probes = NULL;
	check->helper_sentence = NULL;
	check->count = check->probe_count = 0;
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

enum check_level check_worst_of(const struct check *check, const char *name)
{
	enum check_level worst = CHECK_OK;

	for (size_t i = 0; i < check->count; i++) {
		if (strcmp(check->findings[i].check, name) == 0 &&
		    check->findings[i].level > worst)
			worst = check->findings[i].level;
	}
	return worst;
}

int check_got_card(const struct check *check, unsigned port_flag)
{
	for (size_t i = 0; i < check->probe_count; i++) {
		const struct probe *probe = &check->probes[i];

		if (probe->was_tried && probe->card == VMGRANT_GRANTED &&
		    (probe->port_flags & port_flag) == port_flag)
			return 1;
	}
	return 0;
}
