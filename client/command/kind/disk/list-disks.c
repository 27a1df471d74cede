/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: the disks of this machine that a rule gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "client/command/common/json.h"
#include "client/command/kind/disk/disk.h"
#include "client/command/machine/tree.h"
#include "client/text/language.h"
#include "client/text/message.h"

#define BLOCKS "/sys/class/block"
#define BY_ID "/dev/disk/by-id"
#define NODE_SIZE 64

/* One disk and what was said about it. */
struct entry {
	char node[NODE_SIZE]; /* "/dev/sda1" */
	char *name;           /* of /dev/disk/by-id, or node */
	enum vmgrant_code code;
	const char *reason;
	struct vmgrant_disk disk;
};

/* The kernel writes "!" in sysfs for a "/" in the name of a node. */
static void find_node(char node[NODE_SIZE], const char *name)
{
	(void)snprintf(node, NODE_SIZE, "/dev/%s", name);
	for (char *mark = strchr(node, '!'); mark != NULL; mark = strchr(mark, '!'))
		*mark = '/';
}

/* The first name that a rule may use for it; to be freed. */
static char *find_name(const char *node, const struct words *ids)
{
	struct stat wanted, found;

	for (size_t i = 0; stat(node, &wanted) == 0 && i < ids->count; i++) {
		char *path = text_format(BY_ID "/%s", ids->items[i]);

		if (stat(path, &found) == 0 && S_ISBLK(found.st_mode) &&
		    found.st_rdev == wanted.st_rdev && strstr(path, "lvm-pv-uuid-") == NULL)
			return path;
		free(path);
	}
	return text_format("%s", node);
}

/* "465.8 GiB" */
static char *describe_size(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double size = (double)bytes;
	size_t unit = 0;

	for (; size >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		size /= 1024;
	return text_format("%.*f %s", unit == 0 ? 0 : 1, size, units[unit]);
}

static void print_entry(struct list *list, const struct entry *entry, size_t row)
{
	const int is_no = entry->code != VMGRANT_GRANTED;
	const int is_ro = !is_no && (entry->disk.flags & VMGRANT_NODE_READ_ONLY) != 0;
	const char *verdict =
		list_verdict_word(entry->code, (entry->disk.flags & VMGRANT_NODE_POLKIT) != 0);
	char *object = text_format("disk %s", entry->node);
	char *size = is_no ? text_format("-") : describe_size(entry->disk.bytes);

	if (row == 0)
		(void)printf("%s%-*s  %-*s  %-*s  %s\n", list->row_count > 0 ? "\n" : "",
			     language_field(_("DISK"), 15), _("DISK"),
			     language_field(_("ALLOWED"), 7), _("ALLOWED"),
			     language_field(_("SIZE"), 9), _("SIZE"), _("NAME, OR WHY NOT"));
	list->row_count++;
	(void)printf("%-15s  %-*s  %-9s  %s%s%s%s\n", entry->node, language_field(verdict, 7),
		     verdict, size, entry->name, is_ro ? _(": read-only") : "", is_no ? ": " : "",
		     is_no ? list_shorten(entry->reason, object) : "");
	free(size);
	free(object);
}

static json_object *to_json(const struct entry *entry)
{
	json_object *object = json_object_new_object();

	json_add_text(object, "node", entry->node);
	json_add_text(object, "name", entry->name);
	list_add_verdict(object, entry->code, entry->reason);
	if (entry->code != VMGRANT_GRANTED)
		return object;
	json_add_flag(object, "polkit", (entry->disk.flags & VMGRANT_NODE_POLKIT) != 0);
	json_add_flag(object, "read-only", (entry->disk.flags & VMGRANT_NODE_READ_ONLY) != 0);
	json_add_number(object, "size", entry->disk.bytes);
	return object;
}

/* A rule with ro gives it when it is asked for so. */
static void ask(struct list *list, struct entry *entry)
{
	struct vmgrant_disk_request request = {
		.size = sizeof request, .flags = VMGRANT_DEVICE_QUERY, .name = entry->node,
	};

	entry->disk = (struct vmgrant_disk){ .size = sizeof entry->disk };
	entry->code = vmgrant_disk(list->connection, &request, &entry->disk);
	if (entry->code == VMGRANT_UNSUPPORTED) {
		request.flags |= VMGRANT_DISK_READ_ONLY;
		entry->code = vmgrant_disk(list->connection, &request, &entry->disk);
	}
	entry->reason = vmgrant_error(list->connection);
}

int list_disks(struct list *list)
{
	json_object *section = NULL;
	struct words names, ids;
	int code = VMGRANT_GRANTED;
	size_t rows = 0;

	if (list->sections != NULL) {
		section = json_object_new_array();
		json_add(list->sections, "disks", section);
	}
	tree_names(&names, BLOCKS, "%s", "");
	tree_names(&ids, BY_ID, "%s", "");
	for (size_t i = 0; code == VMGRANT_GRANTED && i < names.count; i++) {
		struct entry entry;

		find_node(entry.node, names.items[i]);
		/* A loop device that is bound to nothing, an empty card reader. */
		if (tree_number(BLOCKS, "/%s/size", names.items[i]) <= 0)
			continue;
		ask(list, &entry);
		code = list_check_answer(list, entry.code);
		if (code != VMGRANT_GRANTED || entry.code == VMGRANT_DENIED)
			continue;
		entry.name = find_name(entry.node, &ids);
		if (section != NULL)
			(void)json_object_array_add(section, to_json(&entry));
		else
			print_entry(list, &entry, rows++);
		free(entry.name);
	}
	words_release(&names);
	words_release(&ids);
	return code;
}
