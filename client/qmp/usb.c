/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A USB device in a running QEMU. */
#include "client/qmp/usb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/qmp/device.h"
#include "client/text/message.h"
#include "client/text/text.h"

#define SET_FOLDER "/dev/fdset/"

/* A USB device goes at once, without the guest. */
#define REMOVE_TIMEOUT_MS 5000

/* ---- sets of fds ---- */

static enum qmp_result list_sets(struct qmp *qmp, json_object **list_out)
{
	enum qmp_result result = qmp_execute(qmp, "query-fdsets", NULL, -1, list_out);

	if (result == QMP_DONE && !json_object_is_type(*list_out, json_type_array)) {
		(void)json_object_put(*list_out);
		*list_out = NULL;
		return qmp_fail(qmp, QMP_LOST, _("what came is not QMP"));
	}
	return result;
}

/* What the first fd of a set says about itself, "" if there is none. */
static const char *opaque_of(json_object *set)
{
	json_object *fds;

	if (!json_object_object_get_ex(set, "fds", &fds) ||
	    !json_object_is_type(fds, json_type_array) || json_object_array_length(fds) == 0)
		return "";
	return qmp_get_string(json_object_array_get_idx(fds, 0), "opaque");
}

static long long number_of(json_object *set)
{
	json_object *number;

	return json_object_object_get_ex(set, "fdset-id", &number) ? json_object_get_int64(number)
								    : -1;
}

static void format_path(char path[QMP_SET_PATH_SIZE], long long number)
{
	(void)snprintf(path, QMP_SET_PATH_SIZE, SET_FOLDER "%lld", number);
}

static enum qmp_result check_set(struct qmp *qmp, const char *hostdevice)
{
	json_object *list;
	enum qmp_result result = list_sets(qmp, &list);
	int is_ours = 0;

	for (size_t i = 0; result == QMP_DONE && i < json_object_array_length(list); i++) {
		json_object *set = json_object_array_get_idx(list, i);
		char path[QMP_SET_PATH_SIZE];

		format_path(path, number_of(set));
		is_ours |= strcmp(path, hostdevice) == 0 &&
			   strncmp(opaque_of(set), QMP_DEVICE_PREFIX,
				   strlen(QMP_DEVICE_PREFIX)) == 0;
	}
	(void)json_object_put(list);
	if (result == QMP_DONE && !is_ours)
		return qmp_fail(qmp, QMP_REFUSED, _("not attached by vmgrant"));
	return result;
}

static enum qmp_result remove_set(struct qmp *qmp, long long number)
{
	json_object *arguments = json_object_new_object();

	(void)json_object_object_add(arguments, "fdset-id", json_object_new_int64(number));
	return qmp_execute(qmp, "remove-fd", arguments, -1, NULL);
}

enum qmp_result qmp_usb_remove_sets(struct qmp *qmp, const char *id)
{
	char *opaque = text_format(QMP_DEVICE_PREFIX "%s", id);
	json_object *list;
	enum qmp_result result = list_sets(qmp, &list);
	unsigned found = 0;

	for (size_t i = 0; result == QMP_DONE && i < json_object_array_length(list); i++) {
		json_object *set = json_object_array_get_idx(list, i);

		if (strcmp(opaque_of(set), opaque) != 0)
			continue;
		result = remove_set(qmp, number_of(set));
		found++;
	}
	(void)json_object_put(list);
	free(opaque);
	return result == QMP_DONE && found == 0 ? qmp_fail(qmp, QMP_REFUSED, _("no files of it"))
						: result;
}

enum qmp_result qmp_usb_owns(struct qmp *qmp, const char *id, const char *type)
{
	char hostdevice[QMP_SET_PATH_SIZE];
	enum qmp_result result;

	if (strcmp(type, "usb-host") != 0)
		return qmp_fail(qmp, QMP_REFUSED, _("not a USB device of the host"));
	result = qmp_device_get(qmp, id, "hostdevice", hostdevice, sizeof hostdevice);
	return result == QMP_DONE ? check_set(qmp, hostdevice) : result;
}

/* ---- plugging in ---- */

enum qmp_result qmp_usb_add_set(struct qmp *qmp, const char *id, int fd,
				char path_out[QMP_SET_PATH_SIZE])
{
	char *opaque = text_format(QMP_DEVICE_PREFIX "%s", id);
	json_object *set;
	enum qmp_result result =
		qmp_execute(qmp, "add-fd", qmp_argument("opaque", opaque), fd, &set);

	if (result == QMP_DONE)
		format_path(path_out, number_of(set));
	(void)json_object_put(set);
	free(opaque);
	return result;
}

static enum qmp_result add_device(struct qmp *qmp, const struct qmp_usb *usb, const char *path)
{
	json_object *arguments = qmp_argument("driver", "usb-host");
	int interrupt_fd = qmp->interrupt_fd;
	char bus[QMP_ID_SIZE];
	enum qmp_result result = qmp_device_find_xhci(qmp, bus);

	qmp_add_argument(arguments, "id", usb->id);
	qmp_add_argument(arguments, "hostdevice", path);
	if (result == QMP_DONE && bus[0] != '\0')
		qmp_add_argument(arguments, "bus", bus);
	/* Once the guest may have seen the device, its answer decides and no signal. */
	qmp->interrupt_fd = -1;
	if (result == QMP_DONE)
		result = qmp_execute(qmp, "device_add", json_object_get(arguments), -1, NULL);
	qmp->interrupt_fd = interrupt_fd;
	(void)json_object_put(arguments);
	if (result == QMP_REFUSED && strstr(qmp->error, "No 'usb-bus' bus") != NULL)
		return qmp_fail(qmp, result,
				_("it has no USB controller: start QEMU with "
				  "-device qemu-xhci,id=usb"));
	return result;
}

enum qmp_result qmp_usb_plug(struct qmp *qmp, struct qmp_usb *usb)
{
	char path[QMP_SET_PATH_SIZE];
	enum qmp_result result;

	usb->reached = QMP_USB_FD;
	result = qmp_usb_add_set(qmp, usb->id, usb->fd, path);
	if (result != QMP_DONE)
		return result;
	result = add_device(qmp, usb, path);
	if (result != QMP_REFUSED)
		usb->reached = QMP_USB_DEVICE;
	return result;
}

/* ---- undoing ---- */

/* A device of that name that is not a node of ours is somebody else's. */
static enum qmp_result remove_device(struct qmp *qmp, const char *id)
{
	enum qmp_result result = qmp_usb_owns(qmp, id, "usb-host");

	if (result == QMP_REFUSED)
		return QMP_DONE;
	return result == QMP_DONE ? qmp_device_remove(qmp, id, REMOVE_TIMEOUT_MS) : result;
}

enum qmp_result qmp_usb_undo(struct qmp *qmp, struct qmp_usb *usb)
{
	enum qmp_result result = QMP_DONE, device = QMP_DONE;

	if (usb->reached >= QMP_USB_DEVICE)
		device = remove_device(qmp, usb->id);
	if (device == QMP_LOST)
		return device;
	if (usb->reached >= QMP_USB_FD)
		result = qmp_usb_remove_sets(qmp, usb->id);
	/* What was not there need not go. */
	if (result == QMP_REFUSED)
		result = QMP_DONE;
	if (result == QMP_DONE && device != QMP_DONE)
		result = qmp_fail(qmp, QMP_REFUSED, _("device %s is left in the guest"), usb->id);
	return result;
}
