/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A block device: the row of the table, the order, and the proof that it is the same one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "judge/kind/disk/judge.h"
#include "judge/kind/disk/use.h"
#include "wire/refusal/escape.h"

_Static_assert(sizeof((struct request *)0)->disk.name == PROTOCOL_DISK_NAME_SIZE, "same field");
_Static_assert(DISK_DEVICE_NAME_SIZE == ORDER_BLOCK_NAME_SIZE, "same field");
_Static_assert(DISK_TEXT_SIZE <= ORDER_WORDS_SIZE, "it fits");

/* ---- the request ---- */

static enum reply_code decode(const struct protocol_request *message, struct request *request,
			      struct refusal *why)
{
	const struct protocol_disk_request *disk = &message->disk;
	char text[96];

	request->disk.read_only = (disk->flags & PROTOCOL_DISK_READ_ONLY) != 0;
	memcpy(request->disk.name, disk->name, sizeof request->disk.name);
	if (!disk_name_is_valid(disk->name))
		return refuse(why, REPLY_USAGE, "disk %s: not the name of a disk: as in "
			      "/dev/disk/by-id/NAME",
			      escape_string(text, sizeof text, disk->name));
	return REPLY_GRANTED;
}

static void describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	(void)snprintf(text, REQUEST_TEXT_SIZE, "disk %.150s", request->disk.name);
}

/* ---- may it be had? ---- */

static enum reply_code find(struct matter *matter, struct refusal *why)
{
	struct disk_object *disk = &matter->disk;
	dev_t number;

	(void)why;
	disk_places_open(&disk->places);
	disk->find_result = disk_name_find(disk->places.dev, matter->request->disk.name, &number);
	if (disk->find_result == 0)
		disk->find_result = disk_device_load(&disk->places, number, &disk->device);
	return REPLY_GRANTED;
}

/*
 * The administrator's name for it, the kernel's, numbers; last the serial number, which is
 * the disk's own word. The caller's name for it may be one that the disk's content chose.
 */
static void add_details(const struct matter *matter, struct polkit_question *question)
{
	const struct disk_device *device = &matter->disk.device;
	char text[64];

	polkit_question_add(question, "device", matter->rule->disk.name);
	polkit_question_add(question, "name", device->name);
	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)device->sectors * 512);
	polkit_question_add(question, "size", text);
	polkit_question_add(question, "read-only",
			    matter->request->disk.read_only ? "yes" : "no");
	polkit_question_add(question, "serial", device->serial);
}

static void name(const struct matter *matter, char text[ORDER_WORDS_SIZE])
{
	text[0] = '\0';
	if (matter->disk.device.is_known)
		disk_device_describe(&matter->disk.device, text);
}

static void describe_node(const struct matter *matter, struct protocol_reply *reply)
{
	const struct disk_device *device = &matter->disk.device;

	reply->flags = matter->request->disk.read_only ? PROTOCOL_NODE_READ_ONLY : 0;
	reply->disk_bytes = device->sectors * 512;
	(void)snprintf(reply->node, sizeof reply->node, "/dev/%.26s", device->name);
}

static enum reply_code offer(struct matter *matter, struct handover *handover, struct refusal *why)
{
	(void)why;
	describe_node(matter, &handover->reply);
	if (!matter->options.polkit_skip)
		handover->reply.flags |= PROTOCOL_NODE_POLKIT;
	return REPLY_GRANTED;
}

/* ---- the order ---- */

static enum reply_code refuse_open(const struct matter *matter, int error, struct refusal *why)
{
	const struct disk_object *disk = &matter->disk;
	char object[REQUEST_TEXT_SIZE], use[DISK_USE_SIZE], path[48];

	request_describe(matter->request, object);
	switch (error) {
	case -EBUSY:
		if (disk_use_find(&disk->places, &disk->device, use) <= 0)
			(void)snprintf(use, sizeof use, "%s is held by another guest, or by a mount "
				       "of another namespace", disk->device.name);
		return refuse(why, REPLY_OBJECT, "%.160s: in use: %s: unmount it, or stop what uses it",
			      object, use);
	case -ETIME:
		return refuse(why, REPLY_POLICY,
			      "%s: the request was held up, and the policy may have changed meanwhile: "
			      "try again", object);
	case -EROFS:
	case -EACCES:
		return refuse(why, REPLY_OBJECT, "%s: it is write-protected: ask for it with ,ro",
			      object);
	case -EPERM:
		(void)snprintf(path, sizeof path, "/dev/%.32s", disk->device.name);
		return refuse_closed_device(why, REPLY_OBJECT, object, path, path);
	case -ENOMEDIUM:
		return refuse(why, REPLY_OBJECT, "%s: there is no medium in it", object);
	case -ESTALE:
	case -ENODEV:
	case -ENXIO:
	case -ENOENT:
		return refuse(why, REPLY_OBJECT, "%s: it was exchanged or unplugged meanwhile: ask "
			      "again", object);
	default:
		return refuse(why, REPLY_OBJECT, "%s: cannot open /dev/%s: %s", object,
			      disk->device.name, strerror(-error));
	}
}

/*
 * The helper compared the disk's sequence number on what it opened; the number of the node
 * and, now that nobody can change the partition any more, its place and size are looked at
 * here. What stands on it by a loop device claims nothing, and is looked for once more.
 */
static enum reply_code prove(const struct matter *matter, int fd, struct refusal *why)
{
	const struct disk_object *disk = &matter->disk;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) ||
	    status.st_rdev != disk->device.number ||
	    disk_device_check(&disk->places, &disk->device) < 0)
		return refuse_open(matter, -ESTALE, why);
	return disk_check_unused(matter, why);
}

static enum reply_code perform(struct matter *matter, struct handover *handover,
			       struct refusal *why)
{
	const struct disk_device *device = &matter->disk.device;
	struct order order = { .type = ORDER_BLOCK };
	struct delivery delivery;
	int result;

	order.block.judged_ms = matter->judged_ms;
	order.block.diskseq = device->diskseq;
	order.block.read_only = matter->request->disk.read_only;
	memcpy(order.block.name, device->name, strlen(device->name));
	matter_words(matter, &order.block.words);
	result = orders_call(&matter->session->orders, &order, &delivery);
	if (result < 0)
		return refuse_open(matter, result, why);
	handover->fds[0] = delivery.files.fds[0];
	handover->fd_count = 1;
	handover->reply.fd_count = 1;
	describe_node(matter, &handover->reply);
	return prove(matter, delivery.files.fds[0], why);
}

static void release(struct matter *matter)
{
	disk_device_release(&matter->disk.device);
	disk_places_close(&matter->disk.places);
}

const struct kind kind_disk = {
	.kind = ACL_KIND_DISK,
	.messages = 1u << PROTOCOL_DISK,
	.action = "org.vmgrant.disk",
	.rights = ORDER_RIGHT_NODES | ORDER_RIGHT_DISKS,
	.decode = decode,
	.describe = describe,
	.find = find,
	.judge = disk_judge,
	.check = disk_check_unused,
	.add_details = add_details,
	.name = name,
	.offer = offer,
	.perform = perform,
	.release = release,
};
