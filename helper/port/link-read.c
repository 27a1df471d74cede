/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Bridges and interfaces: finding and reading them. Needs no capability. */
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

/* IF_OPER_UP, whose header does not go together with <net/if.h>. */
#define OPERSTATE_UP 6

/* Since 6.9 the first look is enough; before, up to a second in the worst case. */
#define RUNNING_ATTEMPTS 1000
#define RUNNING_PAUSE_NS 2000000L

/* ---- by messages ---- */

/* A kernel that knows no VLANs on bridges says nothing of them. */
static void parse_bridge(struct nlattr *data, struct link *link)
{
	struct nlattr *bridge[IFLA_BR_MAX + 1];

	if (nla_parse_nested(bridge, IFLA_BR_MAX, data, NULL) == 0 &&
	    bridge[IFLA_BR_VLAN_FILTERING] != NULL)
		link->keeps_vlans = nla_get_u8(bridge[IFLA_BR_VLAN_FILTERING]) != 0;
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

static int is_bridge(const struct nlattr *kind)
{
	return kind != NULL && nla_strcmp(kind, "bridge") == 0;
}

/* What the kind of an interface, and of its master, tells. */
static void parse_info(struct nlattr *linkinfo, struct link *link)
{
	struct nlattr *info[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0)
		return;
	if (is_bridge(info[IFLA_INFO_KIND]) && info[IFLA_INFO_DATA] != NULL)
		parse_bridge(info[IFLA_INFO_DATA], link);
	if (is_bridge(info[IFLA_INFO_SLAVE_KIND]) && info[IFLA_INFO_SLAVE_DATA] != NULL)
		parse_port(info[IFLA_INFO_SLAVE_DATA], link);
}

static int on_link(struct nl_msg *message, void *context)
{
	struct link *link = context;
	struct nlattr *attributes[IFLA_MAX + 1];
	const struct ifinfomsg *header;

	if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, IFLA_MAX, NULL) < 0)
		return NL_SKIP;
	header = nlmsg_data(nlmsg_hdr(message));
	link->ifindex = (unsigned)header->ifi_index;
	link->flags = header->ifi_flags;
	if (attributes[IFLA_MASTER] != NULL)
		link->master = nla_get_u32(attributes[IFLA_MASTER]);
	if (attributes[IFLA_OPERSTATE] != NULL)
		link->operstate = nla_get_u8(attributes[IFLA_OPERSTATE]);
	if (attributes[IFLA_LINKINFO] != NULL)
		parse_info(attributes[IFLA_LINKINFO], link);
	return NL_OK;
}

int netlink_read_link(struct netlink *netlink, unsigned ifindex, struct link *link_out)
{
	int result;

	*link_out = (struct link){ 0 };
	netlink_begin_link(netlink, RTM_GETLINK, 0, ifindex, 0);
	/* The statistics are most of what the kernel says about a link, and not needed. */
	netlink_put_u32(netlink, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_read_by(netlink, on_link, link_out);
	result = netlink_transact(netlink);
	return result == 0 && link_out->ifindex != ifindex ? -EPROTO : result;
}

int netlink_read_running(struct netlink *netlink, unsigned ifindex, struct link *link_out)
{
	const struct timespec pause = { .tv_nsec = RUNNING_PAUSE_NS };

	for (int attempt = 0; attempt < RUNNING_ATTEMPTS; attempt++) {
		int result = netlink_read_link(netlink, ifindex, link_out);

		if (result < 0 || link_out->operstate == OPERSTATE_UP)
			return result;
		(void)nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

/* ---- by calls that every socket answers: a message would cost four times as much ---- */

static int ask(const struct netlink *netlink, unsigned long question, struct ifreq *request)
{
	return ioctl(nl_socket_get_fd(netlink->socket), question, request) < 0 ? -errno : 0;
}

static struct ifreq request_about(const char *name)
{
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	return request;
}

int netlink_find_ifindex(struct netlink *netlink, const char *name, unsigned *ifindex_out)
{
	struct ifreq request = request_about(name);
	int result = ask(netlink, SIOCGIFINDEX, &request);

	*ifindex_out = (unsigned)request.ifr_ifindex;
	return result;
}

/* Of one interface for good: only its removal ends what it is. */
static int check_driver(const struct netlink *netlink, const char *name)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = request_about(name);
	int result;

	request.ifr_data = (void *)&driver;
	result = ask(netlink, SIOCETHTOOL, &request);
	if (result < 0)
		return result;
	return strcmp(driver.driver, "bridge") == 0 ? 0 : -ENOTSUP;
}

int netlink_check_name(struct netlink *netlink, unsigned ifindex, const char *name)
{
	struct ifreq request = { .ifr_ifindex = (int)ifindex };
	int result = ask(netlink, SIOCGIFNAME, &request);

	if (result < 0)
		return result;
	return strcmp(request.ifr_name, name) == 0 ? 0 : -ESTALE;
}

/*
 * The address of every port of ours on a bridge.
 *
 * A bridge whose address was never set takes the lowest one of its ports
 * (br_stp_recalculate_bridge_id()). So this is of the highest there are, and the same for
 * all of a bridge: where nobody else is on it, its address stays when guests come and
 * go. The bridge's own end keeps the addresses of two bridges apart.
 */
static void choose_port_address(const struct ifreq *of_bridge, unsigned char address[6])
{
	static const unsigned char highest[3] = { 0xfe, 0xff, 0xff };

	memcpy(address, highest, sizeof highest);
	memcpy(address + sizeof highest, of_bridge->ifr_hwaddr.sa_data + sizeof highest,
	       6 - sizeof highest);
}

int netlink_find_bridge(struct netlink *netlink, const char *name, struct bridge *bridge_out)
{
	struct ifreq mtu = request_about(name), address = mtu;
	int result;

	*bridge_out = (struct bridge){ 0 };
	memcpy(bridge_out->name, mtu.ifr_name, sizeof bridge_out->name);
	result = netlink_find_ifindex(netlink, name, &bridge_out->ifindex);
	if (result == 0)
		result = check_driver(netlink, name);
	if (result == 0)
		result = ask(netlink, SIOCGIFMTU, &mtu);
	if (result == 0)
		result = ask(netlink, SIOCGIFHWADDR, &address);
	/* Last, so that what was read before is of this one; and its first name. */
	if (result == 0)
		result = netlink_check_name(netlink, bridge_out->ifindex, name);
	if (result < 0)
		return result == -ESTALE ? -ENODEV : result;
	bridge_out->mtu_bytes = (unsigned)mtu.ifr_mtu;
	choose_port_address(&address, bridge_out->port_address);
	return 0;
}

int netlink_check_vlans(struct netlink *netlink, const struct bridge *bridge)
{
	struct link link;
	int result = netlink_read_link(netlink, bridge->ifindex, &link);

	return result == 0 && !link.keeps_vlans ? -ESTALE : result;
}
