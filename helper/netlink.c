/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bridges and ports through rtnetlink: the only file that knows netlink. */
#include "helper/netlink.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "helper/escape.h"

/* Interfaces come and go while they are listed; a handful of tries is usual. */
#define LIST_ATTEMPTS 500

/* Bytes of one datagram from the kernel: NLMSG_GOODSIZE of a dump is at most this. */
#define MESSAGE_MAX 32768u

struct netlink {
	struct nl_sock *socket;
	struct nl_cb *callbacks;
	int done;  /* the answer to the request under way is complete */
	int error; /* 0 or a negative errno, from the kernel's acknowledgement */
	char explanation[160];
};

/* ---- one request, one answer ---- */

/* Anybody may send to a netlink socket whose port id he knows; only 0 is the kernel. */
static int on_message(struct nl_msg *message, void *context)
{
	struct netlink *netlink = context;

	if (nlmsg_get_src(message)->nl_pid == 0)
		return NL_OK;
	netlink->error = -EPROTO;
	netlink->done = 1;
	return NL_STOP;
}

static int on_end(struct nl_msg *message, void *context)
{
	struct netlink *netlink = context;

	(void)message;
	netlink->done = 1;
	return NL_STOP;
}

/* The text that newer kernels add to an error (NLMSGERR_ATTR_MSG). */
static void read_explanation(struct netlink *netlink, struct nlmsgerr *error)
{
	struct nlmsghdr *answer = (struct nlmsghdr *)(void *)((char *)error - NLMSG_HDRLEN);
	struct nlattr *text;
	int offset = (int)sizeof *error;

	if ((answer->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return;
	if ((answer->nlmsg_flags & NLM_F_CAPPED) == 0)
		offset += (int)(error->msg.nlmsg_len - sizeof error->msg);
	text = nlmsg_find_attr(answer, offset, NLMSGERR_ATTR_MSG);
	if (text != NULL)
		escape_bytes(netlink->explanation, sizeof netlink->explanation, nla_data(text),
			     strnlen(nla_data(text), (size_t)nla_len(text)));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *context)
{
	struct netlink *netlink = context;

	netlink->error = from->nl_pid == 0 && error->error < 0 ? error->error : -EPROTO;
	netlink->done = 1;
	read_explanation(netlink, error);
	return NL_STOP;
}

/* Receive until the request under way is answered. */
static int receive(struct netlink *netlink)
{
	while (!netlink->done) {
		int result = nl_recvmsgs(netlink->socket, netlink->callbacks);

		if (result == -NLE_DUMP_INTR)
			return -EINTR;
		if (result < 0 && !netlink->done)
			return result == -NLE_NOMEM ? -ENOMEM : -EIO;
	}
	return netlink->error;
}

/* Send one request and wait for its answer. Consumes the message. */
static int transact(struct netlink *netlink, struct nl_msg *message)
{
	int result;

	netlink->done = 0;
	netlink->error = 0;
	netlink->explanation[0] = '\0';
	result = nl_send_auto(netlink->socket, message);
	nlmsg_free(message);
	if (result < 0)
		return result == -NLE_NOMEM ? -ENOMEM : -EIO;
	return receive(netlink);
}

/* ---- the connection ---- */

static int set_callbacks(struct netlink *netlink)
{
	struct nl_cb *callbacks = netlink->callbacks;

	if (nl_cb_set(callbacks, NL_CB_MSG_IN, NL_CB_CUSTOM, on_message, netlink) < 0 ||
	    nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_end, netlink) < 0 ||
	    nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_end, netlink) < 0 ||
	    nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, netlink) < 0)
		return -1;
	return 0;
}

/*
 * One receive a message instead of a peek and a receive; what does not fit is an
 * error. A dump's messages are at most as large as the buffer offered for them.
 */
static int set_buffers(struct netlink *netlink)
{
	const int on = 1;

	nl_socket_disable_msg_peek(netlink->socket);
	/* An older kernel that cannot explain its errors is no reason to fail. */
	(void)setsockopt(nl_socket_get_fd(netlink->socket), SOL_NETLINK, NETLINK_EXT_ACK, &on,
			 sizeof on);
	return nl_socket_set_msg_buf_size(netlink->socket, MESSAGE_MAX) < 0 ? -1 : 0;
}

int netlink_open(struct netlink **netlink_out)
{
	struct netlink *netlink = calloc(1, sizeof *netlink);
	int result = -ENOMEM;

	if (netlink == NULL)
		return -ENOMEM;
	/* libnl's constructors have read NLDBG and NLCB; neither may change anything. */
	nl_debug = 0;
	netlink->callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	if (netlink->callbacks == NULL || set_callbacks(netlink) < 0)
		goto fail;
	netlink->socket = nl_socket_alloc_cb(netlink->callbacks);
	if (netlink->socket == NULL)
		goto fail;
	result = -EIO;
	if (nl_connect(netlink->socket, NETLINK_ROUTE) < 0 || set_buffers(netlink) < 0)
		goto fail;
	*netlink_out = netlink;
	return 0;
fail:
	netlink_close(netlink);
	return result;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink == NULL)
		return;
	nl_socket_free(netlink->socket);
	nl_cb_put(netlink->callbacks);
	free(netlink);
}

const char *netlink_explanation(const struct netlink *netlink)
{
	return netlink->explanation;
}

/* ---- reading ---- */

/* What this program reads of an interface. */
struct link {
	unsigned ifindex;
	unsigned flags;
	unsigned mtu_bytes;
	unsigned master; /* 0: none */
	char name[IFNAMSIZ];
	char kind[16]; /* "bridge", "tun"; "" for hardware */
};

static int parse_link(struct nl_msg *message, struct link *link)
{
	struct nlattr *attributes[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	const struct ifinfomsg *header;

	if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, IFLA_MAX, NULL) < 0)
		return -1;
	header = nlmsg_data(nlmsg_hdr(message));
	*link = (struct link){ .ifindex = (unsigned)header->ifi_index, .flags = header->ifi_flags };
	if (attributes[IFLA_IFNAME] == NULL || attributes[IFLA_MTU] == NULL)
		return -1;
	(void)nla_strlcpy(link->name, attributes[IFLA_IFNAME], sizeof link->name);
	link->mtu_bytes = nla_get_u32(attributes[IFLA_MTU]);
	if (attributes[IFLA_MASTER] != NULL)
		link->master = nla_get_u32(attributes[IFLA_MASTER]);
	if (attributes[IFLA_LINKINFO] != NULL &&
	    nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], NULL) == 0 &&
	    info[IFLA_INFO_KIND] != NULL)
		(void)nla_strlcpy(link->kind, info[IFLA_INFO_KIND], sizeof link->kind);
	return 0;
}

/* A request about links. ifindex 0 asks by the attributes that follow. */
static struct nl_msg *new_link_message(int type, int flags, unsigned ifindex, unsigned up)
{
	struct ifinfomsg header = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = (int)ifindex,
		.ifi_flags = up,
		.ifi_change = up,
	};
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (message != NULL && nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* The statistics are most of what the kernel says about a link, and not needed. */
static int put_small_answer(struct nl_msg *message)
{
	return nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

/* Give up a message that could not be filled. */
static int discard(struct nl_msg *message)
{
	nlmsg_free(message);
	return -ENOMEM;
}

static int on_one_link(struct nl_msg *message, void *context)
{
	return parse_link(message, context) < 0 ? NL_SKIP : NL_OK;
}

/* Read one link, by name or, when name is NULL, by ifindex. */
static int read_link(struct netlink *netlink, const char *name, unsigned ifindex,
		     struct link *link_out)
{
	struct nl_msg *message = new_link_message(RTM_GETLINK, 0, ifindex, 0);
	int result;

	if (message == NULL)
		return -ENOMEM;
	if (put_small_answer(message) < 0 ||
	    (name != NULL && nla_put_string(message, IFLA_IFNAME, name) < 0))
		return discard(message);
	*link_out = (struct link){ 0 };
	if (nl_cb_set(netlink->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_one_link, link_out) < 0)
		return discard(message);
	result = transact(netlink, message);
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

int netlink_find_bridge(struct netlink *netlink, const char *name, struct bridge *bridge_out)
{
	struct link link;
	int result = read_link(netlink, name, 0, &link);

	if (result < 0)
		return result;
	if (strcmp(link.name, name) != 0)
		return -ENODEV;
	if (strcmp(link.kind, "bridge") != 0)
		return -ENOTSUP;
	*bridge_out = (struct bridge){ .ifindex = link.ifindex, .mtu_bytes = link.mtu_bytes };
	memcpy(bridge_out->name, link.name, sizeof bridge_out->name);
	return 0;
}

int netlink_verify_port(struct netlink *netlink, const struct bridge *bridge,
			unsigned port_ifindex)
{
	struct ifreq again = { .ifr_ifindex = (int)bridge->ifindex };
	struct link port;
	int result = read_link(netlink, NULL, port_ifindex, &port);

	if (result < 0)
		return result;
	if (port.master != bridge->ifindex || (port.flags & IFF_UP) == 0)
		return -ESTALE;
	if (ioctl(nl_socket_get_fd(netlink->socket), SIOCGIFNAME, &again) < 0)
		return -errno;
	return strcmp(again.ifr_name, bridge->name) == 0 ? 0 : -ESTALE;
}

/* ---- the ports of one user ---- */

struct slots_query {
	const struct bridge *bridge;
	uid_t uid;
	struct port_slots *slots;
};

static int on_port(struct nl_msg *message, void *context)
{
	struct slots_query *query = context;
	struct link link;
	int slot;

	/* The kernel has filtered by bridge; one that has not must not count others. */
	if (parse_link(message, &link) < 0 || link.master != query->bridge->ifindex)
		return NL_SKIP;
	slot = port_name_slot(link.name, query->uid, query->bridge->ifindex);
	if (slot >= 0)
		port_slots_add(query->slots, (unsigned)slot);
	return NL_OK;
}

static int read_slots_once(struct netlink *netlink, struct slots_query *query)
{
	struct nl_msg *message = new_link_message(RTM_GETLINK, NLM_F_DUMP, 0, 0);

	if (message == NULL)
		return -ENOMEM;
	if (put_small_answer(message) < 0 ||
	    nla_put_u32(message, IFLA_MASTER, query->bridge->ifindex) < 0 ||
	    nl_cb_set(netlink->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_port, query) < 0)
		return discard(message);
	*query->slots = (struct port_slots){ 0 };
	return transact(netlink, message);
}

int netlink_read_slots(struct netlink *netlink, const struct bridge *bridge, uid_t uid,
		       struct port_slots *slots_out)
{
	struct slots_query query = { bridge, uid, slots_out };
	int result = -EINTR;

	/* A list during which interfaces came or went may lack one: ask again. */
	for (int attempt = 0; attempt < LIST_ATTEMPTS && result == -EINTR; attempt++)
		result = read_slots_once(netlink, &query);
	return result;
}

/* ---- changing ---- */

/* Whether the host may speak on the port for itself. */
enum host_voice { HOST_SILENT = 1, HOST_SPEAKS };

/*
 * No IPv6 address of the host's own on a port: it would announce itself to the
 * guest, and to nobody's use, since the host is reached through the bridge.
 */
static int put_no_address(struct nl_msg *message)
{
	struct nlattr *families = nla_nest_start(message, IFLA_AF_SPEC), *inet6;

	inet6 = families != NULL ? nla_nest_start(message, AF_INET6) : NULL;
	if (inet6 == NULL ||
	    nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
		return -1;
	return nla_nest_end(message, inet6) < 0 || nla_nest_end(message, families) < 0 ? -1 : 0;
}

static int set_mtu_mac_master(struct netlink *netlink, const struct bridge *bridge,
			      const struct port_setup *setup, enum host_voice host)
{
	struct nl_msg *message = new_link_message(RTM_NEWLINK, 0, setup->ifindex, 0);

	if (message == NULL)
		return -ENOMEM;
	/* The kernel works these off in its own order: address, MTU, alias, master. */
	if (nla_put(message, IFLA_ADDRESS, sizeof setup->mac, setup->mac) < 0 ||
	    nla_put_u32(message, IFLA_MTU, setup->mtu_bytes) < 0 ||
	    nla_put_string(message, IFLA_IFALIAS, setup->alias) < 0 ||
	    nla_put_u32(message, IFLA_MASTER, bridge->ifindex) < 0 ||
	    (host == HOST_SILENT && put_no_address(message) < 0))
		return discard(message);
	return transact(netlink, message);
}

/*
 * The guest is no switch of this network. Where the bridge runs the spanning tree
 * protocol, a port that sees a frame of it is shut (guard), and never becomes the
 * way to the root (protect). Without it (the kernel's default) these do nothing.
 */
static int put_port_flags(struct nl_msg *message, const struct port_setup *setup)
{
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

	if (info == NULL || nla_put_string(message, IFLA_INFO_SLAVE_KIND, "bridge") < 0)
		return -1;
	data = nla_nest_start(message, IFLA_INFO_SLAVE_DATA);
	if (data == NULL || nla_put_u8(message, IFLA_BRPORT_GUARD, 1) < 0 ||
	    nla_put_u8(message, IFLA_BRPORT_PROTECT, 1) < 0 ||
	    (setup->isolated && nla_put_u8(message, IFLA_BRPORT_ISOLATED, 1) < 0))
		return -1;
	return nla_nest_end(message, data) < 0 || nla_nest_end(message, info) < 0 ? -1 : 0;
}

/* One message: the kernel sets a port's flags before it brings the link up. */
static int set_flags_and_up(struct netlink *netlink, const struct port_setup *setup)
{
	struct nl_msg *message = new_link_message(RTM_NEWLINK, 0, setup->ifindex, IFF_UP);

	if (message == NULL)
		return -ENOMEM;
	if (put_port_flags(message, setup) < 0)
		return discard(message);
	return transact(netlink, message);
}

int netlink_set_up_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup)
{
	int result = set_mtu_mac_master(netlink, bridge, setup, HOST_SILENT);

	/* A kernel without IPv6, or with it switched off, checks that first and does nothing. */
	if (result == -EAFNOSUPPORT)
		result = set_mtu_mac_master(netlink, bridge, setup, HOST_SPEAKS);
	return result < 0 ? result : set_flags_and_up(netlink, setup);
}
