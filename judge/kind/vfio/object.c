/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PCI device of a request: found, judged, described. Needs no privilege. */
#include "judge/kind/vfio/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge/kind/vfio/judge.h"

static int open_folder(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

enum reply_code vfio_object_find(const struct request *request, struct vfio_object *object,
				 struct refusal *why)
{
	*object = (struct vfio_object){ .sys_fd = open_folder("/sys"),
					.dev_fd = open_folder("/dev") };
	if (object->sys_fd < 0 || object->dev_fd < 0)
		return refuse(why, REPLY_INTERNAL, "vfio %s: cannot look at /sys and /dev: %s",
			      request->pci_address, strerror(errno));
	object->find_result = vfio_find(object->sys_fd, request->pci_address, &object->finding);
	return REPLY_GRANTED;
}

enum reply_code vfio_object_judge(struct vfio_object *object, const struct request *request,
				  const struct caller *caller, const struct policy *policy,
				  const struct acl_rule **rule_out, struct refusal *why)
{
	enum reply_code code = vfio_judge(&object->finding, object->find_result, request, caller,
					  policy, rule_out, &object->polkit_skip, why);

	if (code != REPLY_GRANTED)
		return code;
	return vfio_nodes_hold(object->dev_fd, &object->finding, request, &object->held, why);
}

/* Numbers and words that the kernel made: nothing that a device said about itself. */
void vfio_object_describe(const struct vfio_object *object, const struct request *request,
			  struct polkit_question *question)
{
	const struct vfio_member *device = &object->finding.device;
	char text[64];

	(void)snprintf(text, sizeof text, "%s %04x:%04x", request->pci_address, device->vendor,
		       device->device);
	polkit_question_add(question, "device", text);
	(void)snprintf(text, sizeof text, "%04x", device->vendor);
	polkit_question_add(question, "vendor", text);
	(void)snprintf(text, sizeof text, "%04x", device->device);
	polkit_question_add(question, "product", text);
	(void)snprintf(text, sizeof text, "%u", (unsigned)object->finding.group);
	polkit_question_add(question, "group", text);
}

void vfio_object_name(const struct vfio_object *object, char *text, size_t size)
{
	const struct vfio_finding *finding = &object->finding;

	(void)snprintf(text, size, "%04x:%04x group %u", finding->device.vendor,
		       finding->device.device, (unsigned)finding->group);
}

void vfio_object_release(struct vfio_object *object)
{
	vfio_nodes_release(&object->held);
	if (object->sys_fd >= 0)
		close(object->sys_fd);
	if (object->dev_fd >= 0)
		close(object->dev_fd);
	object->sys_fd = object->dev_fd = -1;
}

enum reply_code vfio_object_judge_again(const struct vfio_object *object,
					const struct request *request, struct refusal *why)
{
	struct vfio_finding now;

	if (vfio_find(object->sys_fd, request->pci_address, &now) == 0 &&
	    vfio_findings_agree(&object->finding, &now))
		return REPLY_GRANTED;
	return refuse(why, REPLY_OBJECT,
		      "vfio %s: its IOMMU group has changed meanwhile: try again",
		      request->pci_address);
}
