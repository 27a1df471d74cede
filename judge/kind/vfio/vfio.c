/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A PCI device that is bound to VFIO: the row of the table, and the orders. */
#include "judge/kind/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "judge/kind/vfio/judge.h"
#include "judge/kind/vfio/memlock.h"

_Static_assert(sizeof((struct request *)0)->vfio.address == PROTOCOL_PCI_ADDRESS_SIZE,
	       "same field");

/* ---- the request ---- */

static enum reply_code decode(const struct protocol_request *message, struct request *request,
			      struct refusal *why)
{
	const struct protocol_vfio_request *vfio = &message->vfio;

	request->vfio.memlock_bytes = vfio->memlock_bytes;
	if ((vfio->flags & PROTOCOL_VFIO_GROUP) != 0)
		request->vfio.nodes = VFIO_NODES_GROUP;
	memcpy(request->vfio.address, vfio->address, sizeof request->vfio.address);
	if (acl_pci_address_normalise(request->vfio.address) < 0)
		return refuse(why, REPLY_USAGE, "vfio %s: not a PCI address: as in 0000:03:00.0",
			      vfio->address);
	return REPLY_GRANTED;
}

static void describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	(void)snprintf(text, REQUEST_TEXT_SIZE, "vfio %s", request->vfio.address);
}

/* ---- may it be had? ---- */

static int open_folder(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static enum reply_code find(struct matter *matter, struct refusal *why)
{
	struct vfio_object *object = &matter->vfio;

	object->sys_fd = open_folder("/sys");
	object->dev_fd = open_folder("/dev");
	if (object->sys_fd < 0 || object->dev_fd < 0)
		return refuse(why, REPLY_INTERNAL, "vfio %s: cannot look at /sys and /dev: %s",
			      matter->request->vfio.address, strerror(errno));
	object->find_result = vfio_find(object->sys_fd, matter->request->vfio.address,
					&object->finding);
	return REPLY_GRANTED;
}

/* Polkit is left out only if the rules of all members of the group say so. */
static enum reply_code judge(struct matter *matter, struct refusal *why)
{
	struct vfio_object *object = &matter->vfio;
	const struct session *session = matter->session;
	int polkit_skip;
	enum reply_code code = vfio_judge(&object->finding, object->find_result, matter->request,
					  &session->caller, &session->policy, &matter->rule,
					  &polkit_skip, why);

	if (code != REPLY_GRANTED)
		return code;
	matter->options = matter->rule->options;
	matter->options.polkit_skip = polkit_skip != 0;
	return vfio_nodes_find(object->dev_fd, &object->finding, matter->request, &object->nodes,
			       why);
}

static enum reply_code check(const struct matter *matter, struct refusal *why)
{
	return memlock_check(matter->request, &matter->options, why);
}

/* Numbers and words that the kernel made: nothing that a device said about itself. */
static void add_details(const struct matter *matter, struct polkit_question *question)
{
	const struct vfio_finding *finding = &matter->vfio.finding;
	const struct vfio_member *device = &finding->device;
	char text[64];

	(void)snprintf(text, sizeof text, "%s %04x:%04x", matter->request->vfio.address, device->vendor,
		       device->device);
	polkit_question_add(question, "device", text);
	(void)snprintf(text, sizeof text, "%04x", device->vendor);
	polkit_question_add(question, "vendor", text);
	(void)snprintf(text, sizeof text, "%04x", device->device);
	polkit_question_add(question, "product", text);
	(void)snprintf(text, sizeof text, "%u", (unsigned)finding->group);
	polkit_question_add(question, "group", text);
}

static void name(const struct matter *matter, char text[ORDER_WORDS_SIZE])
{
	const struct vfio_finding *finding = &matter->vfio.finding;

	text[0] = '\0';
	if (matter->vfio.nodes.is_known)
		(void)snprintf(text, ORDER_WORDS_SIZE, "%04x:%04x group %u", finding->device.vendor,
			       finding->device.device, (unsigned)finding->group);
}

/* ---- offer and order ---- */

static void describe_nodes(const struct vfio_nodes *nodes, struct protocol_reply *reply)
{
	reply->flags = nodes->is_iommufd ? PROTOCOL_NODE_IOMMUFD : 0;
	memcpy(reply->node, nodes->paths[0], sizeof reply->node);
}

static enum reply_code offer(struct matter *matter, struct handover *handover, struct refusal *why)
{
	(void)why;
	describe_nodes(&matter->vfio.nodes, &handover->reply);
	if (!matter->options.polkit_skip)
		handover->reply.flags |= PROTOCOL_NODE_POLKIT;
	handover->reply.memlock_bytes = matter->options.memlock_bytes;
	return REPLY_GRANTED;
}

/*
 * Has anything changed since it was judged? A dialog takes minutes, in which devices
 * are plugged and bound to other drivers.
 */
static enum reply_code judge_again(const struct matter *matter, struct refusal *why)
{
	struct vfio_finding now;

	if (vfio_find(matter->vfio.sys_fd, matter->request->vfio.address, &now) == 0 &&
	    vfio_findings_agree(&matter->vfio.finding, &now))
		return REPLY_GRANTED;
	return refuse(why, REPLY_OBJECT,
		      "vfio %s: its IOMMU group has changed meanwhile: try again",
		      matter->request->vfio.address);
}

static enum reply_code refuse_busy(const char *object, const char *path, struct refusal *why)
{
	return refuse(why, REPLY_OBJECT,
		      "%s: %s is in use by another virtual machine, or was given to this one before: "
		      "end that one first", object, path);
}

/*
 * The kernel's last word: other drivers may have come to a device of the group, or
 * been on a bridge, where VFIO does not let all of them stay.
 */
static enum reply_code check_group(int fd, const char *object, const char *path,
				   struct refusal *why)
{
	struct vfio_group_status status = { .argsz = sizeof status };

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return refuse(why, REPLY_OBJECT, "%s: %s is no VFIO group: %s", object, path,
			      strerror(errno));
	if ((status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET) != 0)
		return refuse_busy(object, path, why);
	if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0)
		return refuse(why, REPLY_OBJECT,
			      "%s: the kernel calls its IOMMU group not viable: the host still uses a "
			      "device or bridge of it: ask the administrator to look at %s in the "
			      "kernel's log", object, path);
	return REPLY_GRANTED;
}

static enum reply_code refuse_open(const struct matter *matter, const struct answer *answer,
				   int error, struct refusal *why)
{
	const char *path = matter->vfio.nodes.paths[answer->step % VFIO_NODE_COUNT];
	char object[REQUEST_TEXT_SIZE];

	request_describe(matter->request, object);
	if (error == -EBUSY)
		return refuse_busy(object, path, why);
	if (error == -ETIME)
		return refuse(why, REPLY_POLICY,
			      "%s: the request was held up, and the policy may have changed meanwhile: "
			      "try again", object);
	if (error == -EPERM)
		return refuse_closed_device(why, REPLY_OBJECT, object, path, path);
	/* Something else answers there. */
	if (error == -ENOTTY || error == -EINVAL)
		return refuse(why, REPLY_OBJECT, "%s: %s is no iommufd: %s", object, path,
			      strerror(-error));
	return refuse(why, REPLY_OBJECT, "%s: cannot open %s: %s", object, path, strerror(-error));
}

/* What came must be what was judged. */
static enum reply_code check_fds(const struct matter *matter, const int *fds, struct refusal *why)
{
	const struct vfio_nodes *nodes = &matter->vfio.nodes;
	char object[REQUEST_TEXT_SIZE];

	request_describe(matter->request, object);
	if (!vfio_nodes_match(nodes, fds))
		return refuse(why, REPLY_OBJECT, "%s: %s was replaced meanwhile: try again", object,
			      nodes->paths[0]);
	return nodes->is_iommufd ? REPLY_GRANTED
				 : check_group(fds[0], object, nodes->paths[0], why);
}

static int order_nodes(const struct matter *matter, struct delivery *delivery)
{
	const struct vfio_object *object = &matter->vfio;
	struct order order = { .type = ORDER_VFIO };

	order.vfio.iommufd = object->nodes.is_iommufd != 0;
	order.vfio.index = object->nodes.is_iommufd ? object->finding.device_index
						    : object->finding.group;
	matter_words(matter, &order.vfio.words);
	order.vfio.judged_ms = matter->judged_ms;
	return orders_call(&matter->session->orders, &order, delivery);
}

static enum reply_code perform(struct matter *matter, struct handover *handover,
			       struct refusal *why)
{
	struct delivery delivery;
	/* Before, since nobody has asked for what it is now; after, since it is ours then. */
	enum reply_code code = judge_again(matter, why);
	int result;

	if (code != REPLY_GRANTED)
		return code;
	result = order_nodes(matter, &delivery);
	if (result < 0)
		return refuse_open(matter, &delivery.answer, result, why);
	memcpy(handover->fds, delivery.files.fds, delivery.files.count * sizeof handover->fds[0]);
	handover->fd_count = delivery.files.count;
	handover->reply.fd_count = (uint16_t)delivery.files.count;
	describe_nodes(&matter->vfio.nodes, &handover->reply);
	code = check_fds(matter, handover->fds, why);
	if (code == REPLY_GRANTED)
		code = judge_again(matter, why);
	return code == REPLY_GRANTED ? memlock_order(matter, handover, why) : code;
}

static void release(struct matter *matter)
{
	if (matter->vfio.sys_fd >= 0)
		close(matter->vfio.sys_fd);
	if (matter->vfio.dev_fd >= 0)
		close(matter->vfio.dev_fd);
}

const struct kind kind_vfio = {
	.kind = ACL_KIND_VFIO,
	.messages = 1u << PROTOCOL_VFIO,
	.action = "org.vmgrant.vfio",
	.rights = ORDER_RIGHT_NODES | ORDER_RIGHT_LIMITS,
	.decode = decode,
	.describe = describe,
	.find = find,
	.judge = judge,
	.check = check,
	.add_details = add_details,
	.name = name,
	.offer = offer,
	.perform = perform,
	.release = release,
};
