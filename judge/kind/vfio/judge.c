/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* May the caller have a PCI device? What is handed over is its whole IOMMU group. */
#include "judge/kind/vfio/judge.h"

#include <errno.h>
#include <string.h>

#include "judge/acl-verdict.h"

static struct acl_object acl_object_of(const struct vfio_member *member)
{
	return (struct acl_object){
		.kind = ACL_KIND_VFIO,
		.vfio = { member->name, member->vendor, member->device },
	};
}

static enum reply_code refuse_finding(int result, const struct request *request,
				      struct refusal *why)
{
	const char *address = request->vfio.address;

	switch (result) {
	case -ENODEV:
		return refuse(why, REPLY_OBJECT,
			      "vfio %s: has no IOMMU group: without an IOMMU no device can be given "
			      "away: ask the administrator to switch it on in the firmware, and with "
			      "intel_iommu=on on the kernel's command line", address);
	case -E2BIG:
		return refuse(why, REPLY_OBJECT,
			      "vfio %s: more than %u devices in its IOMMU group: use another slot",
			      address, VFIO_MEMBERS_MAX);
	case -ESTALE:
		return refuse(why, REPLY_OBJECT,
			      "vfio %s: a device of its IOMMU group is just coming or going: try again",
			      address);
	default:
		return refuse(why, REPLY_INTERNAL, "vfio %s: cannot read its IOMMU group: %s",
			      address, strerror(-result));
	}
}

/* The caller may have the device, so he may know what else is in its group. */
static enum reply_code judge_member(const struct vfio_finding *finding,
				    const struct vfio_member *member,
				    const struct request *request, const struct caller *caller,
				    const struct policy *policy, int *polkit_skip,
				    struct refusal *why)
{
	const struct acl_object object = acl_object_of(member);
	const struct acl_rule *rule = NULL;

	if (!member->is_pci)
		return refuse(why, REPLY_OBJECT,
			      "vfio %s: %s of its IOMMU group %u is no PCI device: use another slot",
			      request->vfio.address, member->name, (unsigned)finding->group);
	switch (judge_verdict(&object, caller, policy, &rule)) {
	case ACL_VERDICT_ALLOW:
		*polkit_skip = *polkit_skip && rule->options.polkit_skip;
		return REPLY_GRANTED;
	case ACL_VERDICT_NO_NAMES:
		return judge_no_names(request, caller, rule, why);
	case ACL_VERDICT_DENY:
	default:
		return refuse(why, REPLY_DENIED,
			      "vfio %s: not allowed for user %s without %s (%04x:%04x), which is in "
			      "the same IOMMU group %u: ask the administrator for a rule for it in %s",
			      request->vfio.address, caller->name, member->name, member->vendor,
			      member->device, (unsigned)finding->group, VMGRANT_ACL_FILE);
	}
}

static enum reply_code judge_members(const struct vfio_finding *finding,
				     const struct request *request, const struct caller *caller,
				     const struct policy *policy, int *polkit_skip,
				     struct refusal *why)
{
	enum reply_code code = REPLY_GRANTED;

	for (size_t i = 0; i < finding->member_count && code == REPLY_GRANTED; i++) {
		const struct vfio_member *member = &finding->members[i];

		if (!vfio_member_is_bridge(member) && strcmp(member->name, finding->device.name) != 0)
			code = judge_member(finding, member, request, caller, policy, polkit_skip,
					    why);
	}
	return code;
}

static enum reply_code check_device_driver(const struct vfio_member *device, struct refusal *why)
{
	if (vfio_driver_is_vfio(device->driver))
		return REPLY_GRANTED;
	if (vfio_member_is_bridge(device))
		return refuse(why, REPLY_OBJECT,
			      "vfio %s: is a bridge: ask for a device behind it", device->name);
	return refuse(why, REPLY_OBJECT,
		      "vfio %s: bound to %s%s instead of vfio-pci: ask the administrator to run: "
		      "driverctl set-override %s vfio-pci",
		      device->name, device->driver[0] != '\0' ? "the driver " : "no driver",
		      device->driver, device->name);
}

/*
 * pci-stub only keeps other drivers away, and VFIO lets it stay. What the drivers
 * of bridges may do in the group, the kernel decides: a group that is not viable is
 * noticed when it is opened.
 */
static enum reply_code check_member_driver(const struct vfio_finding *finding,
					   const struct vfio_member *member,
					   const struct request *request, struct refusal *why)
{
	if (vfio_member_is_bridge(member) || member->driver[0] == '\0' ||
	    vfio_driver_is_vfio(member->driver) || strcmp(member->driver, "pci-stub") == 0)
		return REPLY_GRANTED;
	return refuse(why, REPLY_OBJECT,
		      "vfio %s: the host uses %s (%04x:%04x) of the same IOMMU group %u by the "
		      "driver %s: ask the administrator to run: driverctl set-override %s vfio-pci",
		      request->vfio.address, member->name, member->vendor, member->device,
		      (unsigned)finding->group, member->driver, member->name);
}

static enum reply_code check_drivers(const struct vfio_finding *finding,
				     const struct request *request, struct refusal *why)
{
	enum reply_code code = check_device_driver(&finding->device, why);

	for (size_t i = 0; i < finding->member_count && code == REPLY_GRANTED; i++)
		code = check_member_driver(finding, &finding->members[i], request, why);
	return code;
}

/* A deny for the ids that the device would have. */
static int ids_may_forbid(const struct acl *acl)
{
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];

		if (rule->effect == ACL_EFFECT_DENY && rule->kind == ACL_KIND_VFIO &&
		    rule->vfio.address == NULL)
			return 1;
	}
	return 0;
}

/*
 * That it is not there may know who could have it whatever it were: by rules for its
 * address, or for any device. 0xffff is what the bus reads where nothing answers.
 */
static enum reply_code judge_missing(const struct request *request, const struct caller *caller,
				     const struct policy *policy, const struct acl_rule **rule_out,
				     struct refusal *why)
{
	const struct acl_object missing = {
		.kind = ACL_KIND_VFIO,
		.vfio = { request->vfio.address, 0xffff, 0xffff },
	};
	enum reply_code code = judge_object(request, &missing, caller, policy, rule_out, why);

	if (code != REPLY_GRANTED)
		return code;
	if (ids_may_forbid(&policy->acl)) {
		*rule_out = NULL;
		return judge_deny(request, caller, why);
	}
	return refuse(why, REPLY_OBJECT, "vfio %s: there is no such PCI device: see lspci -D",
		      request->vfio.address);
}

enum reply_code vfio_judge(const struct vfio_finding *finding, int find_result,
			   const struct request *request, const struct caller *caller,
			   const struct policy *policy, const struct acl_rule **rule_out,
			   int *polkit_skip_out, struct refusal *why)
{
	const struct acl_object device = acl_object_of(&finding->device);
	enum reply_code code;

	*rule_out = NULL;
	*polkit_skip_out = 0;
	if (!finding->is_there)
		return judge_missing(request, caller, policy, rule_out, why);
	code = judge_object(request, &device, caller, policy, rule_out, why);
	if (code != REPLY_GRANTED)
		return code;
	if (find_result < 0)
		return refuse_finding(find_result, request, why);
	if (finding->is_noiommu)
		return refuse(why, REPLY_OBJECT,
			      "vfio %s: its group is without an IOMMU (noiommu): the device could "
			      "write to all of the host's memory, and is given to nobody",
			      request->vfio.address);
	*polkit_skip_out = (*rule_out)->options.polkit_skip;
	code = judge_members(finding, request, caller, policy, polkit_skip_out, why);
	return code == REPLY_GRANTED ? check_drivers(finding, request, why) : code;
}
