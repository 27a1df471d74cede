/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * -drive and -blockdev: trees of block nodes, of which each may name a file. Runs as the person.
 *
 * A key is a path through the tree: "backing.file.filename" is the file of the node "backing".
 * What a node does not say itself it has from the one above (bdrv_inherited_options()).
 */
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"
#include "client/text/text.h"

/* One node: where its keys begin in those of the tree. */
struct node {
	const struct pairs *pairs;
	const char *name;
	/* 0: the root. Without the dot. */
	size_t length;
};

static const char *node_value(const struct node *node, const char *key)
{
	char *full = node->length == 0 ? text_need(strdup(key))
				       : text_format("%.*s.%s", (int)node->length, node->name, key);
	const char *value = pairs_value(node->pairs, full);

	free(full);
	return value;
}

/* Does a key begin with this node's, or is there one of that name? */
static int node_has(const struct node *node, const char *child)
{
	char *full = node->length == 0
			     ? text_need(strdup(child))
			     : text_format("%.*s.%s", (int)node->length, node->name, child);
	size_t length = strlen(full);
	int is_found = 0;

	for (size_t i = 0; i < node->pairs->count && !is_found; i++) {
		const char *key = node->pairs->items[i].key;

		is_found = strncmp(key, full, length) == 0 &&
			   (key[length] == '\0' || key[length] == '.');
	}
	free(full);
	return is_found;
}

/* The node above. The root has none: call with length > 0. */
static struct node node_above(const struct node *node)
{
	struct node above = *node;

	while (above.length > 0 && above.name[above.length - 1] != '.')
		above.length--;
	above.length -= above.length > 0 ? 1 : 0;
	return above;
}

/* The part that node has in the one above: "file". */
static int node_is(const struct node *node, const char *part)
{
	struct node above = node_above(node);
	size_t start = above.length > 0 ? above.length + 1 : 0;

	return node->length - start == strlen(part) &&
	       strncmp(node->name + start, part, node->length - start) == 0;
}

static int is_on(const char *value)
{
	return strcmp(value, "on") == 0 || strcmp(value, "true") == 0 || strcmp(value, "yes") == 0;
}

static int node_is_read_only(const struct node *start)
{
	struct node node = *start;

	for (;; node = node_above(&node)) {
		const char *value = node_value(&node, "read-only");

		if (value == NULL && node.length == 0)
			value = node_value(&node, "readonly");
		if (value != NULL)
			return is_on(value);
		if (node.length == 0)
			break;
		if (node_is(&node, "backing"))
			return 1;
	}
	return pairs_is_on(node.pairs, "snapshot") ||
	       (pairs_value(node.pairs, "media") != NULL &&
		strcmp(pairs_value(node.pairs, "media"), "cdrom") == 0);
}

/* What the nodes above say of the file that node is. */
static struct image node_image(const struct node *node)
{
	struct node above = node_above(node);
	const char *automatic = node_value(node, "auto-read-only");
	struct image image = {
		.driver = node_value(node, "driver"),
		.node = node_value(node, "node-name"),
		.is_read_only = node_is_read_only(node) ? 1 : 0,
		.is_auto_read_only = automatic != NULL && is_on(automatic),
	};

	if (node->length > 0 && (node_is(node, "file") || node_is(node, "data-file"))) {
		image.format = node_value(&above, "driver");
		if (image.format == NULL && above.length == 0)
			image.format = node_value(&above, "format");
		image.is_backing_named = node_has(&above, "backing") ? 1 : 0;
	}
	return image;
}

/* Behind the node's own part of a key: "filename", "server.path". */
static const char *last_part(const char *key)
{
	const char *last = strrchr(key, '.'), *server = NULL;

	for (const char *at = strstr(key, "server."); at != NULL; at = strstr(at + 1, "server.")) {
		if (at == key || at[-1] == '.')
			server = at;
	}
	if (server != NULL)
		return server;
	return last != NULL ? last + 1 : key;
}

/* "server.0.path" -> "server.path". */
static const char *without_number(const char *key)
{
	if (strncmp(key, "server.", 7) != 0)
		return key;
	if (strcmp(strrchr(key, '.'), ".path") == 0)
		return "server.path";
	return strcmp(strrchr(key, '.'), ".socket") == 0 ? "server.socket" : key;
}

static void folder_read(struct reading *reading, const struct node *node, const char *path)
{
	const char *written = node_value(node, "rw");
	int is_written = written != NULL && is_on(written);

	(void)reading_add(reading, path, QEMU_USE_FOLDER, is_written ? 0 : TAKE_READ_ONLY,
			  (struct qemu_place){ 0 });
	if (is_written)
		(void)reading_add(reading, "/var/tmp", QEMU_USE_TEMPORARY, TAKE_IMPLIED,
				  (struct qemu_place){ 0 });
}

/* Is the driver one that opens its "filename" as a file? */
static int is_file_driver(const char *driver)
{
	return strcmp(driver, "file") == 0 || strcmp(driver, "host_device") == 0 ||
	       strcmp(driver, "host_cdrom") == 0 || strcmp(driver, "io_uring") == 0;
}

static void pair_read(struct reading *reading, const struct pairs *pairs, const struct pair *pair)
{
	const char *part = last_part(pair->key);
	size_t length = (size_t)(part - pair->key);
	struct node node = { .pairs = pairs,
			     .name = pair->key,
			     .length = length > 0 ? length - 1 : 0 };
	const char *driver = node_value(&node, "driver");
	struct image image = node_image(&node);

	if (strcmp(part, "filename") == 0 && driver != NULL && is_file_driver(driver))
		image_add(reading, &image, pair->value, pair->place);
	else if (strcmp(part, "filename") == 0)
		image_name_read(reading, &image, pair->value, pair->place);
	else if (strcmp(part, "dir") == 0)
		folder_read(reading, &node, pair->value);
	else if (!key_read(reading, "block", driver, without_number(part), pair, pairs) &&
		 reading_is_path(pair->value))
		reading_doubt_pair(reading, pair);
}

/* "file=" of -drive: the name of the disk, however it is written. */
static void name_read(struct reading *reading, const struct pairs *pairs, const struct pair *pair)
{
	struct node root = { .pairs = pairs, .name = "" };
	struct image image = {
		.format = node_value(&root, "format"),
		.node = node_value(&root, "node-name"),
		.is_read_only = node_is_read_only(&root) ? 1 : 0,
		.is_backing_named = node_has(&root, "backing") ? 1 : 0,
	};

	if (image.format == NULL)
		image.format = node_value(&root, "driver");
	image_name_read(reading, &image, pair->value, pair->place);
	if (pairs_is_on(pairs, "snapshot") || reading->has_snapshot)
		(void)reading_add(reading, "/var/tmp", QEMU_USE_TEMPORARY, TAKE_IMPLIED,
				  (struct qemu_place){ 0 });
}

void drive_read(struct reading *reading, const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->items[i];

		if (pairs_is_superseded(pairs, pair) || *pair->value == '\0')
			continue;
		/* In a name that is JSON "file" is another node, as in -blockdev. */
		if (strcmp(pair->key, "file") == 0 && reading->depth == 0)
			name_read(reading, pairs, pair);
		else
			pair_read(reading, pairs, pair);
	}
	needs_read(reading, "block", pairs_value(pairs, "driver"), pairs);
}

void image_read(struct reading *reading, const char *name, int is_read_only)
{
	struct image image = { .is_read_only = is_read_only ? 1 : 0 };

	image_name_read(reading, &image, name, reading_place(reading, name));
	if (reading->has_snapshot)
		(void)reading_add(reading, "/var/tmp", QEMU_USE_TEMPORARY, TAKE_IMPLIED,
				  (struct qemu_place){ 0 });
}

static void layer_add(struct reading *reading, const struct pairs *pairs, const char *below)
{
	struct node root = { .pairs = pairs, .name = "" };
	const char *format = node_value(&root, "driver");

	if ((reading->layer_count & (reading->layer_count + 1)) == 0)
		reading->layers = text_need(reallocarray(
			reading->layers, 2 * reading->layer_count + 1, sizeof *reading->layers));
	reading->layers[reading->layer_count++] = (struct layer){
		.below = text_need(strdup(below)),
		.format = format != NULL ? text_need(strdup(format)) : NULL,
		.is_read_only = node_is_read_only(&root) ? 1 : 0,
		.is_backing_named = node_has(&root, "backing") ? 1 : 0,
	};
}

void blockdev_read(struct reading *reading, const struct pairs *pairs)
{
	const char *below = pairs_value(pairs, "file");

	if (below != NULL)
		layer_add(reading, pairs, below);
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->items[i];

		if (!pairs_is_superseded(pairs, pair) && *pair->value != '\0')
			pair_read(reading, pairs, pair);
	}
	needs_read(reading, "block", pairs_value(pairs, "driver"), pairs);
}

/* A file that opens itself for writing only when a node on it does is not written to if none can. */
static void file_apply(const struct reading *reading, struct qemu_file *file)
{
	size_t above = 0, read_only = 0;

	for (size_t i = 0; file->node != NULL && i < reading->layer_count; i++) {
		const struct layer *layer = &reading->layers[i];

		if (strcmp(layer->below, file->node) != 0)
			continue;
		above++;
		read_only += layer->is_read_only;
		file->is_backing_named = layer->is_backing_named;
		if (file->format == NULL && layer->format != NULL)
			file->format = text_need(strdup(layer->format));
	}
	if (file->is_auto_read_only && above > 0 && read_only == above) {
		file->use = QEMU_USE_READ;
		file->is_read_only = 1;
		file->is_auto_read_only = 0;
	}
}

void layers_apply(struct reading *reading)
{
	for (size_t i = 0; i < reading->found->count; i++)
		file_apply(reading, &reading->found->items[i]);
	for (size_t i = 0; i < reading->layer_count; i++) {
		free(reading->layers[i].below);
		free(reading->layers[i].format);
	}
	free(reading->layers);
}
