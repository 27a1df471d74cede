/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A network card in a running QEMU.
 *
 * Undoing never names what somebody else may have made: a command that QEMU
 * refused has made nothing, and a device is ours only with our netdev.
 */
#include "client/qmp/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/qmp/device.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* A guest that has hardly seen the card lets it go at once or not at all. */
#define REMOVE_TIMEOUT_MS 5000

/* From this version on a netdev stays as long as its card. */
#define KEEPS_NETDEV 10

void qmp_net_name(char netdev[QMP_NETDEV_SIZE], const char *id)
{
	size_t length = strlen(QMP_DEVICE_PREFIX);
	int is_ours = strncmp(id, QMP_DEVICE_PREFIX, length) == 0;

	/* vmgrant run gives card and netdev one name. */
	(void)snprintf(netdev, QMP_NETDEV_SIZE, "%s%s", is_ours ? "" : QMP_DEVICE_PREFIX, id);
}

enum qmp_result qmp_net_owns(struct qmp *qmp, const char *id, const char *type)
{
	char netdev[QMP_NETDEV_SIZE], found[QMP_NETDEV_SIZE];
	enum qmp_result result = qmp_device_get(qmp, id, "netdev", found, sizeof found);

	(void)type;
	qmp_net_name(netdev, id);
	return result == QMP_DONE && strcmp(found, netdev) != 0 ? QMP_REFUSED : result;
}

enum qmp_result qmp_net_remove_rest(struct qmp *qmp, const char *id)
{
	char netdev[QMP_NETDEV_SIZE];
	enum qmp_result result;

	qmp_net_name(netdev, id);
	result = qmp_execute(qmp, "netdev_del", qmp_argument("id", netdev), -1, NULL);
	/* Once it was to be deleted before, it goes with the card. */
	return result == QMP_REFUSED && !qmp->not_found ? QMP_LATE : result;
}

/* ---- the files ---- */

/* "vmgrant-ID-queue0" */
static char *fd_name(const struct qmp_net *net, const char *kind, unsigned index)
{
	return text_format(QMP_DEVICE_PREFIX "%s-%s%u", net->id, kind, index);
}

static enum qmp_result send_fds(struct qmp *qmp, const struct qmp_net *net, const char *kind,
				const int *fds, unsigned count)
{
	enum qmp_result result = QMP_DONE;

	for (unsigned i = 0; result == QMP_DONE && i < count; i++) {
		char *name = fd_name(net, kind, i);

		result = qmp_execute(qmp, "getfd", qmp_argument("fdname", name), fds[i], NULL);
		free(name);
	}
	return result;
}

/* Those that netdev_add has taken are not there any more: that is no error. */
static enum qmp_result close_fds(struct qmp *qmp, const struct qmp_net *net, const char *kind,
				 unsigned count)
{
	enum qmp_result result = QMP_DONE;

	for (unsigned i = 0; (result == QMP_DONE || result == QMP_REFUSED) && i < count; i++) {
		char *name = fd_name(net, kind, i);

		result = qmp_execute(qmp, "closefd", qmp_argument("fdname", name), -1, NULL);
		free(name);
	}
	return result == QMP_REFUSED ? QMP_DONE : result;
}

/* "name:name" */
static char *join_names(const struct qmp_net *net, const char *kind, unsigned count)
{
	char *text = NULL;

	for (unsigned i = 0; i < count; i++) {
		char *name = fd_name(net, kind, i);

		text_append(&text, ":", i == 0 ? 0 : 1);
		text_append(&text, name, strlen(name));
		free(name);
	}
	return text;
}

/* ---- plugging in ---- */

static void add_names(json_object *arguments, const char *key, const struct qmp_net *net,
		      const char *kind, unsigned count)
{
	char *names = join_names(net, kind, count);
	char *plural = text_format("%s%s", key, count > 1 ? "s" : "");

	qmp_add_argument(arguments, plural, names);
	free(plural);
	free(names);
}

static enum qmp_result add_netdev(struct qmp *qmp, const struct qmp_net *net)
{
	const struct vmgrant_tap *tap = net->tap;
	json_object *arguments = qmp_argument("type", "tap");
	char netdev[QMP_NETDEV_SIZE];

	qmp_net_name(netdev, net->id);
	qmp_add_argument(arguments, "id", netdev);
	add_names(arguments, "fd", net, "queue", tap->queues);
	/* vhost alone would make QEMU open /dev/vhost-net itself. */
	if (tap->vhost_count > 0) {
		(void)json_object_object_add(arguments, "vhost", json_object_new_boolean(1));
		add_names(arguments, "vhostfd", net, "vhost", tap->vhost_count);
	}
	return qmp_execute(qmp, "netdev_add", arguments, -1, NULL);
}

static enum qmp_result add_device(struct qmp *qmp, const struct qmp_net *net)
{
	json_object *arguments;
	char netdev[QMP_NETDEV_SIZE];
	enum qmp_result result;

	qmp_net_name(netdev, net->id);
	arguments = net->device(net->option, net->id, netdev);
	result = qmp_device_add(qmp, arguments, net->is_pci ? QMP_PLACE_PCI : QMP_PLACE_ANY);
	(void)json_object_put(arguments);
	return result;
}

/* Once the guest may have seen the card, its answer decides and no signal. */
static enum qmp_result add_device_whole(struct qmp *qmp, const struct qmp_net *net)
{
	int interrupt_fd = qmp->interrupt_fd;
	enum qmp_result result;

	qmp->interrupt_fd = -1;
	result = add_device(qmp, net);
	qmp->interrupt_fd = interrupt_fd;
	return result;
}

enum qmp_result qmp_net_plug(struct qmp *qmp, struct qmp_net *net)
{
	const struct vmgrant_tap *tap = net->tap;
	enum qmp_result result;

	net->reached = QMP_NET_FDS;
	result = send_fds(qmp, net, "queue", tap->queue_fds, tap->queues);
	if (result == QMP_DONE)
		result = send_fds(qmp, net, "vhost", tap->vhost_fds, tap->vhost_count);
	if (result != QMP_DONE)
		return result;
	result = add_netdev(qmp, net);
	if (result == QMP_REFUSED && strstr(qmp->error, "Duplicate ID") != NULL)
		return qmp_fail(qmp, result,
				_("a netdev %s%s is there already: "
				  "vmgrant detach %s takes it away"),
				QMP_DEVICE_PREFIX, net->id, net->id);
	net->reached = QMP_NET_NETDEV;
	if (result != QMP_DONE)
		return result;
	result = add_device_whole(qmp, net);
	if (result != QMP_REFUSED)
		net->reached = QMP_NET_DEVICE;
	return result;
}

/* ---- undoing ---- */

static enum qmp_result remove_device(struct qmp *qmp, const struct qmp_net *net)
{
	enum qmp_result result = qmp_net_owns(qmp, net->id, "");

	if (result == QMP_REFUSED)
		return QMP_DONE;
	return result == QMP_DONE ? qmp_device_remove(qmp, net->id, REMOVE_TIMEOUT_MS) : result;
}

/* Does a line of text begin with that? */
static int has_line(const char *text, const char *start)
{
	while (strncmp(text, start, strlen(start)) != 0) {
		text = strchr(text, '\n');
		if (text == NULL)
			return 0;
		text++;
	}
	return 1;
}

/*
 * The monitor's list is for people and the only one there is. What a card holds
 * stands behind that card; a netdev by itself begins its line.
 */
static enum qmp_result check_gone(struct qmp *qmp, const char *netdev)
{
	json_object *list;
	enum qmp_result result = qmp_execute(qmp, "human-monitor-command",
					     qmp_argument("command-line", "info network"), -1,
					     &list);
	char *start = text_format("%s: ", netdev);

	/* A QEMU that does not say is not taken for one that keeps something. */
	if (result == QMP_REFUSED)
		result = QMP_DONE;
	else if (result == QMP_DONE && json_object_is_type(list, json_type_string) &&
		 has_line(json_object_get_string(list), start))
		result = qmp_fail(qmp, QMP_REFUSED, _("netdev %s is left in QEMU"), netdev);
	(void)json_object_put(list);
	free(start);
	return result;
}

/*
 * The guest keeps the card. Without a link it has no network, whatever becomes of the
 * netdev. QEMU 9 and older close the netdev's files with netdev_del; newer ones only mark
 * it, and keep files and port until the card goes.
 */
static enum qmp_result say_kept(struct qmp *qmp, const struct qmp_net *net)
{
	if (qmp->major < KEEPS_NETDEV)
		return qmp_fail(qmp, QMP_REFUSED,
				_("card %s is left in the guest, without network"), net->id);
	return qmp_fail(
		qmp, QMP_REFUSED,
		_("card %s is left in the guest, without network: QEMU "
		  "keeps its port %s until the guest lets it go: vmgrant detach %s asks again"),
		net->id, net->tap->port, net->id);
}

static enum qmp_result cut_link(struct qmp *qmp, const struct qmp_net *net)
{
	json_object *arguments = qmp_argument("name", net->id);

	(void)json_object_object_add(arguments, "up", json_object_new_boolean(0));
	return qmp_execute(qmp, "set_link", arguments, -1, NULL);
}

enum qmp_result qmp_net_undo(struct qmp *qmp, struct qmp_net *net)
{
	const struct vmgrant_tap *tap = net->tap;
	enum qmp_result result = QMP_DONE, card = QMP_DONE;
	char netdev[QMP_NETDEV_SIZE];

	qmp_net_name(netdev, net->id);
	if (net->reached >= QMP_NET_DEVICE)
		card = remove_device(qmp, net);
	if (card == QMP_LOST)
		return card;
	if (card != QMP_DONE)
		result = cut_link(qmp, net);
	if (net->reached >= QMP_NET_NETDEV && (result == QMP_DONE || result == QMP_REFUSED))
		result = qmp_execute(qmp, "netdev_del", qmp_argument("id", netdev), -1, NULL);
	if (result == QMP_DONE || result == QMP_REFUSED)
		result = close_fds(qmp, net, "queue", tap->queues);
	if (result == QMP_DONE)
		result = close_fds(qmp, net, "vhost", tap->vhost_count);
	if (result == QMP_DONE && net->reached >= QMP_NET_NETDEV)
		result = check_gone(qmp, netdev);
	return result == QMP_DONE && card != QMP_DONE ? say_kept(qmp, net) : result;
}
