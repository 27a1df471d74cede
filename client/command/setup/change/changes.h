/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant setup does to a machine: files that get a text, and commands of the tools
 * that look after the rest. Each can be shown, made and undone, in this run or a later one.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_CHANGES_H
#define VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_CHANGES_H

#include <json-c/json.h>

#include "client/text/text.h"

/* The part of those that make the bridge. */
#define NETWORK_PART "network"

/* Either a file (path is set) or a command (which may be none, with something to undo). */
struct setup_change {
	char *part;   /* what it belongs to: "network", "policy", "libvirt", "apparmor" */
	char *path;   /* behind all links */
	char *text;   /* what the file is to hold; NULL: it is to go */
	char *before; /* what it holds; NULL: it is not there */
	char *user;   /* with whose rights; NULL: root's */
	struct words command;
	struct words *undo; /* in this order */
	size_t undo_count;
	char *shown; /* for people in place of the command; NULL: the command itself */
};

struct setup_changes {
	struct setup_change *items;
	size_t count;
};

/* The new change, which the list owns. All texts are consumed but part and user. */
struct setup_change *changes_add_file(struct setup_changes *changes, const char *part, char *path,
				      char *text, char *before);

/* Nothing to run yet: words may follow, or only something to undo. */
struct setup_change *changes_add_empty(struct setup_changes *changes, const char *part);

/* The words of a command, to be copied. */
#define SETUP_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct setup_change *changes_add_command(struct setup_changes *changes, const char *part,
					 const char *const words[]);

/*
 * One more command that undoes it. "-" first: it may fail, as in a unit of systemd's; "-10": with
 * that exit status only.
 */
void change_add_undo(struct setup_change *change, const char *const words[]);

/* That first word of a command, if it has one, or NULL. */
const char *command_mark(const struct words *command);

/* 1 if it belongs to the bridge; one that was moved away does not. */
int change_is_network(const struct setup_change *change);

/* Move one of another list to the end of this one. There, a zeroed one stays. */
void changes_take(struct setup_changes *changes, struct setup_change *change);

/* One less: those behind it move up. */
void changes_drop(struct setup_changes *changes, size_t index);

void changes_release(struct setup_changes *changes);

/* A command as a shell would read it back, to be freed, without that mark. */
char *command_text(const struct words *command);

/* For people, on standard output: a difference, or a line that begins with "$". */
void change_print(const struct setup_change *change);

/* For programs, and for the record, which needs texts, too. */
json_object *change_to_json(const struct setup_change *change);
json_object *change_to_record(const struct setup_change *change);

/* Returns 0, or -1 if the object is none. */
int change_from_record(struct setup_changes *changes, json_object *object);

#endif
