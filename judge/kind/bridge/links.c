/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A bridge as it is, and the ports that one user has on it. Without privilege. */
#include "judge/kind/bridge/links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "wire/port/port-alias.h"
#include "wire/port/port-name.h"

/* Bytes of one datagram from the kernel: those of a list are at most this long. */
#define DATAGRAM_MAX 32768u

/* Interfaces come and go while they are listed; a handful of tries is usual. */
#define LIST_ATTEMPTS 500

void links_open(struct links *links_out)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	*links_out = (struct links){ .fd = fd < 0 ? -errno : fd };
}

/* ---- what the kernel says of one interface ---- */

/* Bytes of a message. NULL: it has no such attribute. */
struct bytes {
	const unsigned char *start;
	size_t length;
};

static struct bytes find_attribute(struct bytes list, unsigned type)
{
	struct rtattr head;

	while (list.length >= sizeof head) {
		size_t whole;

		memcpy(&head, list.start, sizeof head);
		if (head.rta_len < sizeof head || head.rta_len > list.length)
			break;
		if ((head.rta_type & NLA_TYPE_MASK) == type)
			return (struct bytes){ list.start + sizeof head,
					       head.rta_len - sizeof head };
		whole = RTA_ALIGN(head.rta_len);
		if (whole > list.length)
			break;
		list.start += whole;
		list.length -= whole;
	}
	return (struct bytes){ NULL, 0 };
}

/* 0 where it is missing or has another size. */
static uint32_t find_number(struct bytes list, unsigned type)
{
	const struct bytes found = find_attribute(list, type);
	uint32_t number = 0;

	if (found.length == sizeof number)
		memcpy(&number, found.start, sizeof number);
	return number;
}

static void find_text(struct bytes list, unsigned type, char *text, size_t size)
{
	const struct bytes found = find_attribute(list, type);
	const size_t length = found.length < size ? found.length : size - 1;

	memset(text, 0, size);
	if (length > 0)
		memcpy(text, found.start, length);
}

struct link {
	unsigned ifindex, master;
	unsigned mtu_bytes;
	char name[PORT_NAME_SIZE];
	char kind[16];
	char alias[PORT_ALIAS_SIZE];
	enum links_vlans vlans; /* of a bridge */
	struct bytes peer_namespace; /* int32_t, the number of the one that its other end is in */
};

static enum links_vlans read_vlans(struct bytes info)
{
	const struct bytes filtering = find_attribute(find_attribute(info, IFLA_INFO_DATA),
						      IFLA_BR_VLAN_FILTERING);

	if (filtering.length != 1)
		return LINKS_VLANS_UNKNOWN;
	return filtering.start[0] != 0 ? LINKS_VLANS_KEPT : LINKS_VLANS_IGNORED;
}

static int read_link(struct bytes message, struct link *link)
{
	struct ifinfomsg head;
	struct bytes info;

	if (message.length < sizeof head)
		return -1;
	memcpy(&head, message.start, sizeof head);
	message.start += sizeof head;
	message.length -= sizeof head;
	info = find_attribute(message, IFLA_LINKINFO);
	*link = (struct link){
		.ifindex = (unsigned)head.ifi_index,
		.master = find_number(message, IFLA_MASTER),
		.mtu_bytes = find_number(message, IFLA_MTU),
	};
	find_text(message, IFLA_IFNAME, link->name, sizeof link->name);
	find_text(message, IFLA_IFALIAS, link->alias, sizeof link->alias);
	find_text(info, IFLA_INFO_KIND, link->kind, sizeof link->kind);
	if (strcmp(link->kind, "bridge") == 0)
		link->vlans = read_vlans(info);
	link->peer_namespace = find_attribute(message, IFLA_LINK_NETNSID);
	return 0;
}

/* ---- asking ---- */

struct look {
	const char *name;
	uid_t uid;
	struct bridge_view *view;
	unsigned strays;
};

/* Takes a link of the answer. Returns 0 or a negative errno. */
typedef int take_link(const struct link *link, struct look *look);

struct question {
	struct nlmsghdr head;
	struct ifinfomsg link;
	struct rtattr mask_head;
	uint32_t mask;
	struct rtattr name_head; /* from here not in a question for all of them */
	char name[PORT_NAME_SIZE];
};

static int send_bytes(const struct links *links, const void *bytes, size_t length)
{
	if (links->fd < 0)
		return links->fd;
	return send(links->fd, bytes, length, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* name is NULL for all links. */
static int send_question(struct links *links, const char *name)
{
	struct question question = {
		.head = { .nlmsg_len = name != NULL ? sizeof question
						    : offsetof(struct question, name_head),
			  .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | (name != NULL ? 0 : NLM_F_DUMP),
			  .nlmsg_seq = ++links->sequence },
		/* The statistics are most of what the kernel says of a link. */
		.mask_head = { RTA_LENGTH(sizeof question.mask), IFLA_EXT_MASK },
		.mask = RTEXT_FILTER_SKIP_STATS,
		.name_head = { RTA_LENGTH(sizeof question.name), IFLA_IFNAME },
	};

	if (name != NULL)
		memcpy(question.name, name, strnlen(name, sizeof question.name - 1));
	return send_bytes(links, &question, question.head.nlmsg_len);
}

/* 1 when the answer is complete, 0 when more comes, or a negative errno. */
static int take_message(const struct nlmsghdr *head, struct bytes body, take_link *take,
			struct look *look)
{
	struct link link;
	int error = -EPROTO;

	switch (head->nlmsg_type) {
	case NLMSG_ERROR:
	case NLMSG_DONE:
		if (body.length >= sizeof error)
			memcpy(&error, body.start, sizeof error);
		return error < 0 ? error : 1;
	case RTM_NEWLINK:
		if (read_link(body, &link) < 0)
			return -EPROTO;
		error = take(&link, look);
		return error < 0 ? error : (head->nlmsg_flags & NLM_F_MULTI) == 0;
	case RTM_NEWNSID:
		return 1;
	default:
		return 0;
	}
}

/* The same for all messages of a datagram, but for those of a question before. */
static int take_datagram(const struct links *links, struct bytes datagram, take_link *take,
			 struct look *look)
{
	struct nlmsghdr head;
	int result = 0;

	while (result == 0 && datagram.length >= sizeof head) {
		size_t whole;

		memcpy(&head, datagram.start, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.length)
			return -EPROTO;
		/* Something changed meanwhile: the list may lack an interface. */
		if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			return -EINTR;
		if (head.nlmsg_seq == links->sequence)
			result = take_message(&head, (struct bytes){ datagram.start + sizeof head,
								     head.nlmsg_len - sizeof head },
					      take, look);
		whole = NLMSG_ALIGN(head.nlmsg_len);
		whole = whole < datagram.length ? whole : datagram.length;
		datagram.start += whole;
		datagram.length -= whole;
	}
	return result;
}

/* The answer to what was sent. Returns 0 or a negative errno. */
static int receive(const struct links *links, take_link *take, struct look *look)
{
	unsigned char bytes[DATAGRAM_MAX];
	int result = 0;

	while (result == 0) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_length = sizeof from;
		ssize_t length = recvfrom(links->fd, bytes, sizeof bytes, MSG_TRUNC,
					  (struct sockaddr *)&from, &from_length);

		if (length < 0)
			return -errno;
		/* Others may send to this socket, too; only 0 is the kernel. */
		if (from.nl_pid != 0 || (size_t)length > sizeof bytes)
			return -EPROTO;
		result = take_datagram(links, (struct bytes){ bytes, (size_t)length }, take, look);
	}
	return result < 0 ? result : 0;
}

static int ask(struct links *links, const char *name, take_link *take, struct look *look)
{
	int result = send_question(links, name);

	return result < 0 ? result : receive(links, take, look);
}

/* ---- the bridge and the ports on it ---- */

/* By an alternative name the policy would be asked about one bridge and another be joined. */
static int take_bridge(const struct link *link, struct look *look)
{
	if (strcmp(link->name, look->name) != 0)
		return -ENODEV;
	if (strcmp(link->kind, "bridge") != 0)
		return -ENOTSUP;
	*look->view = (struct bridge_view){ .ifindex = link->ifindex,
					    .mtu_bytes = link->mtu_bytes,
					    .vlans = link->vlans };
	return 0;
}

/*
 * One that has lost its name on this bridge: root renamed it, or the bridge was deleted and
 * made again. On another bridge it is no longer this one's.
 */
static int is_stray(const struct link *link, const struct look *look)
{
	struct port_alias alias;

	if (port_alias_parse(link->alias, &alias) < 0 || alias.uid != look->uid)
		return 0;
	return link->master == look->view->ifindex ||
	       (link->master == 0 && strcmp(alias.bridge, look->name) == 0);
}

static void note_namespace(const struct link *link, struct bridge_view *view)
{
	int32_t number;

	if (link->peer_namespace.length != sizeof number || view->sealed_count == PORT_SLOTS)
		return;
	memcpy(&number, link->peer_namespace.start, sizeof number);
	view->namespaces[view->sealed_count++] = number;
}

static int take_port(const struct link *link, struct look *look)
{
	int slot;

	if (strcmp(link->kind, "tun") != 0 && strcmp(link->kind, "veth") != 0)
		return 0;
	slot = port_name_slot(link->name, look->uid, look->view->ifindex);
	if (slot >= 0)
		port_slots_add(&look->view->slots, (unsigned)slot);
	else if (is_stray(link, look))
		look->strays++;
	else
		return 0;
	note_namespace(link, look->view);
	return 0;
}

int links_look(struct links *links, const char *bridge, uid_t uid, struct bridge_view *view_out)
{
	struct look look = { .name = bridge, .uid = uid, .view = view_out };
	int result = -EINTR;

	*view_out = (struct bridge_view){ 0 };
	for (int attempt = 0; attempt < LIST_ATTEMPTS && result == -EINTR; attempt++) {
		look.strays = 0;
		result = ask(links, bridge, take_bridge, &look);
		if (result == 0)
			result = ask(links, NULL, take_port, &look);
	}
	port_slots_add_strays(&view_out->slots, look.strays);
	return result;
}

/* ---- the namespaces of sealed ports ---- */

/* The kernel finds no namespace that nothing refers to any more, though it is still there. */
static int is_going(struct links *links, int32_t number)
{
	const struct {
		struct nlmsghdr head;
		struct rtgenmsg family;
		unsigned char zero[3]; /* attributes stand at multiples of four */
		struct rtattr number_head;
		int32_t number;
	} question = {
		.head = { .nlmsg_len = sizeof question,
			  .nlmsg_type = RTM_GETNSID,
			  .nlmsg_flags = NLM_F_REQUEST,
			  .nlmsg_seq = ++links->sequence },
		.number_head = { RTA_LENGTH(sizeof number), NETNSA_NSID },
		.number = number,
	};
	int result = send_bytes(links, &question, sizeof question);

	if (result == 0)
		result = receive(links, NULL, NULL);
	return result == -ENOENT ? 1 : result;
}

int links_are_going(struct links *links, const struct bridge_view *view)
{
	int result = 0;

	for (unsigned i = 0; i < view->sealed_count && result == 0; i++)
		result = view->namespaces[i] < 0 ? 1 : is_going(links, view->namespaces[i]);
	return result;
}
