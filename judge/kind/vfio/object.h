/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PCI device of a request: found, judged, described. Needs no privilege.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_OBJECT_H
#define VMGRANT_JUDGE_KIND_VFIO_OBJECT_H

#include "judge/ask-polkit.h"
#include "judge/caller.h"
#include "judge/policy/load.h"
#include "wire/refusal.h"
#include "judge/request.h"
#include "judge/kind/vfio/find.h"
#include "helper/node/vfio-nodes.h"

struct vfio_object {
	int sys_fd, dev_fd; /* the folders that all is looked up in */
	int find_result;    /* of vfio_find() */
	struct vfio_finding finding;
	struct vfio_nodes held; /* from the judgement on */
	int polkit_skip;        /* the rules of all members of the group say so */
};

/* As object_find(), object_judge() and object_describe(). */
enum reply_code vfio_object_find(const struct request *request, struct vfio_object *object,
				 struct refusal *why);
enum reply_code vfio_object_judge(struct vfio_object *object, const struct request *request,
				  const struct caller *caller, const struct policy *policy,
				  const struct acl_rule **rule_out, struct refusal *why);
void vfio_object_describe(const struct vfio_object *object, const struct request *request,
			  struct polkit_question *question);
/* For records: "10de:1c82 group 12", once it has been judged. */
void vfio_object_name(const struct vfio_object *object, char *text, size_t size);

void vfio_object_release(struct vfio_object *object);

/*
 * Has anything changed since it was judged? A dialog takes minutes, in which devices
 * are plugged and bound to other drivers.
 */
enum reply_code vfio_object_judge_again(const struct vfio_object *object,
					const struct request *request, struct refusal *why);

#endif
