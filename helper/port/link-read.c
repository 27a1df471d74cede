/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Bridges and their ports: finding and reading them. */
#include <errno.h>
#include <linux/ethtool.h>
/* First: the kernel's header leaves out what libc has defined. */
#include <netinet/in.h>

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "helper/port/netlink-internal.h"
#include "helper/port/netlink.h"

/* Interfaces come and go while they are listed; a handful of tries is usual. */
#define LIST_ATTEMPTS 500

/* IF_OPER_UP, whose header does not go together with <net/if.h>. */
#define OPERSTATE_UP 6

/* Since 6.9 the first look is enough; before, up to a second in the worst case. */
#define RUNNING_ATTEMPTS 1000
#define RUNNING_PAUSE_NS 2000000L

/* A kernel that knows no VLANs on bridges says nothing of them. */
static void parse_bridge(struct nlattr *data, struct link *link)
{
	struct nlattr *bridge[IFLA_BR_MAX + 1];

	if (nla_parse_nested(bridge, IFLA_BR_MAX, data, NULL) < 0)
		return;
	if (bridge[IFLA_BR_VLAN_FILTERING] != NULL)
		link->vlans = nla_get_u8(bridge[IFLA_BR_VLAN_FILTERING]) != 0 ? BRIDGE_VLANS_KEPT
									      : BRIDGE_VLANS_IGNORED;
	if (bridge[IFLA_BR_VLAN_DEFAULT_PVID] != NULL)
		link->default_vlan = nla_get_u16(bridge[IFLA_BR_VLAN_DEFAULT_PVID]);
}

/* What a kernel does not know it does not tell, and reads as 0 here. */
static void parse_port(struct nlattr *data, struct link *link)
{
	struct nlattr *port[BRPORT_LOCKED + 1];

	if (nla_parse_nested(port, BRPORT_LOCKED, data, NULL) < 0)
		return;
	for (int i = 0; i <= BRPORT_LOCKED; i++) {
		if (port[i] != NULL && nla_len(port[i]) == 1)
			link->port_flags[i] = nla_get_u8(port[i]);
	}
}

static int is_kind(const struct nlattr *kind, const char *name)
{
	return kind != NULL && nla_strcmp(kind, name) == 0;
}

/* What the kind of an interface, and of its master, tells. */
static void parse_info(struct nlattr *linkinfo, struct link *link)
{
	struct nlattr *info[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0)
		return;
	if (is_kind(info[IFLA_INFO_KIND], "bridge") && info[IFLA_INFO_DATA] != NULL)
		parse_bridge(info[IFLA_INFO_DATA], link);
	link->can_be_port = is_kind(info[IFLA_INFO_KIND], "tun") ||
			    is_kind(info[IFLA_INFO_KIND], "veth");
	if (is_kind(info[IFLA_INFO_SLAVE_KIND], "bridge") && info[IFLA_INFO_SLAVE_DATA] != NULL)
		parse_port(info[IFLA_INFO_SLAVE_DATA], link);
}

static int parse_link(struct nl_msg *message, struct link *link)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	const struct ifinfomsg *header;

	if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, IFLA_MAX, NULL) < 0)
		return -1;
	header = nlmsg_data(nlmsg_hdr(message));
	*link = (struct link){ .ifindex = (unsigned)header->ifi_index, .flags = header->ifi_flags };
	if (attributes[IFLA_IFNAME] == NULL || attributes[IFLA_MTU] == NULL)
		return -1;
	(void)nla_strlcpy(link->name, attributes[IFLA_IFNAME], sizeof link->name);
	if (attributes[IFLA_IFALIAS] != NULL)
		(void)nla_strlcpy(link->alias, attributes[IFLA_IFALIAS], sizeof link->alias);
	link->mtu_bytes = nla_get_u32(attributes[IFLA_MTU]);
	if (attributes[IFLA_MASTER] != NULL)
		link->master = nla_get_u32(attributes[IFLA_MASTER]);
	if (attributes[IFLA_OPERSTATE] != NULL)
		link->operstate = nla_get_u8(attributes[IFLA_OPERSTATE]);
	if (attributes[IFLA_LINKINFO] != NULL)
		parse_info(attributes[IFLA_LINKINFO], link);
	return 0;
}

/* The statistics are most of what the kernel says about a link, and not needed. */
static int put_small_answer(struct nl_msg *message)
{
	return nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

static int on_one_link(struct nl_msg *message, void *context)
{
	return parse_link(message, context) < 0 ? NL_SKIP : NL_OK;
}

int netlink_read_link(struct netlink *netlink, unsigned ifindex, struct link *link_out)
{
	struct nl_msg *message = netlink_link_message(RTM_GETLINK, 0, ifindex, 0);
	int result;

	if (message == NULL)
		return -ENOMEM;
	if (put_small_answer(message) < 0)
		return netlink_discard(message);
	*link_out = (struct link){ 0 };
	if (nl_cb_set(netlink->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_one_link, link_out) < 0)
		return netlink_discard(message);
	result = netlink_transact(netlink, message);
	if (result == 0 && link_out->ifindex == 0)
		return -EPROTO;
	return result;
}

int netlink_find_ifindex(struct netlink *netlink, const char *name, unsigned *ifindex_out)
{
	struct ifreq request = { 0 };

	/* Every socket answers this one, and a message for it would cost four times as much. */
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(nl_socket_get_fd(netlink->socket), SIOCGIFINDEX, &request) < 0)
		return -errno;
	*ifindex_out = (unsigned)request.ifr_ifindex;
	return 0;
}

/* The driver of an interface by its name: "bridge", "tun". Only root can change which it is. */
static int read_driver(int fd, const char *name, struct ethtool_drvinfo *driver)
{
	struct ifreq request = { .ifr_data = (void *)driver };

	driver->cmd = ETHTOOL_GDRVINFO;
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

/*
 * By calls that every socket answers: what the kernel says about a bridge in a
 * netlink message is a page of which four words would be read, and the first thing
 * that a request waits for.
 */
int netlink_find_bridge(struct netlink *netlink, const char *name, struct bridge *bridge_out)
{
	struct ethtool_drvinfo driver = { 0 };
	struct ifreq request = { 0 };
	int fd = nl_socket_get_fd(netlink->socket);
	int result;

	*bridge_out = (struct bridge){ 0 };
	result = netlink_find_ifindex(netlink, name, &bridge_out->ifindex);
	if (result == 0)
		result = read_driver(fd, name, &driver);
	if (result < 0)
		return result;
	if (strcmp(driver.driver, "bridge") != 0)
		return -ENOTSUP;
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(fd, SIOCGIFMTU, &request) < 0)
		return -errno;
	bridge_out->mtu_bytes = (unsigned)request.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	memcpy(bridge_out->address, request.ifr_hwaddr.sa_data, sizeof bridge_out->address);
	/* Last, so that what was read before is of this one; and its first name. */
	request.ifr_ifindex = (int)bridge_out->ifindex;
	if (ioctl(fd, SIOCGIFNAME, &request) < 0)
		return -errno;
	if (strcmp(request.ifr_name, name) != 0)
		return -ENODEV;
	memcpy(bridge_out->name, request.ifr_name, sizeof bridge_out->name);
	return 0;
}

int netlink_read_vlans(struct netlink *netlink, struct bridge *bridge)
{
	struct link link;
	int result = netlink_read_link(netlink, bridge->ifindex, &link);

	if (result < 0)
		return result;
	bridge->vlans = link.vlans;
	bridge->default_vlan = link.default_vlan;
	return 0;
}

int netlink_wait_running(struct netlink *netlink, unsigned ifindex)
{
	const struct timespec pause = { .tv_nsec = RUNNING_PAUSE_NS };

	for (int attempt = 0; attempt < RUNNING_ATTEMPTS; attempt++) {
		struct link link;
		int result = netlink_read_link(netlink, ifindex, &link);

		if (result < 0 || link.operstate == OPERSTATE_UP)
			return result;
		(void)nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

/* ---- the ports of one user ---- */

struct slots_query {
	const struct bridge *bridge;
	uid_t uid;
	struct port_slots *slots;
	unsigned strays;
};

/*
 * One that has lost its name on this bridge: root renamed it, or the bridge was
 * deleted and made again. On another bridge it is no longer this one's.
 */
static int is_stray(const struct link *link, const struct slots_query *query)
{
	struct port_alias alias;

	if (port_alias_parse(link->alias, &alias) < 0 || alias.uid != query->uid)
		return 0;
	return link->master == query->bridge->ifindex ||
	       (link->master == 0 && strcmp(alias.bridge, query->bridge->name) == 0);
}

static int on_port(struct nl_msg *message, void *context)
{
	struct slots_query *query = context;
	struct link link;
	int slot;

	if (parse_link(message, &link) < 0 || !link.can_be_port)
		return NL_SKIP;
	slot = port_name_slot(link.name, query->uid, query->bridge->ifindex);
	if (slot >= 0)
		port_slots_add(query->slots, (unsigned)slot);
	else if (is_stray(&link, query))
		query->strays++;
	return NL_OK;
}

static int read_slots_once(struct netlink *netlink, struct slots_query *query)
{
	struct nl_msg *message = netlink_link_message(RTM_GETLINK, NLM_F_DUMP, 0, 0);

	if (message == NULL)
		return -ENOMEM;
	if (put_small_answer(message) < 0 ||
	    nl_cb_set(netlink->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_port, query) < 0)
		return netlink_discard(message);
	*query->slots = (struct port_slots){ 0 };
	query->strays = 0;
	return netlink_transact(netlink, message);
}

int netlink_read_slots(struct netlink *netlink, const struct bridge *bridge, uid_t uid,
		       struct port_slots *slots_out)
{
	struct slots_query query = { bridge, uid, slots_out, 0 };
	int result = -EINTR;

	/* A list during which interfaces came or went may lack one: ask again. */
	for (int attempt = 0; attempt < LIST_ATTEMPTS && result == -EINTR; attempt++)
		result = read_slots_once(netlink, &query);
	port_slots_add_strays(slots_out, query.strays);
	return result;
}
