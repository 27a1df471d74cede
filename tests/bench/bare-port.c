/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The kernel's part of a request and nothing else, for comparison: answers the
 * native protocol with ports that are made by the fewest calls that make the same.
 * No policy, no privilege dropped, nothing looked at again, nothing recorded; any
 * failure ends it. Only for a throw-away namespace.
 *
 *     bare-sealed --fd=N      bare-direct --fd=N     one program under two names
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/process/fd-pass.h"
#include "wire/protocol/protocol.h"

#define INGRESS 0xffff0000u

struct port {
	char name[IFNAMSIZ];
	unsigned bridge, queues;
	int tuns[PROTOCOL_QUEUES_MAX];
	int outer; /* netlink */
};

static void need(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(1);
}

/* ---- netlink ---- */

struct message {
	struct nlmsghdr header;
	char bytes[1024];
};

static void *append(struct message *message, const void *data, size_t length)
{
	void *at = (char *)message + NLMSG_ALIGN(message->header.nlmsg_len);

	if (data != NULL)
		memcpy(at, data, length);
	message->header.nlmsg_len =
		(unsigned)(NLMSG_ALIGN(message->header.nlmsg_len) + length);
	return at;
}

static struct rtattr *put(struct message *message, int type, const void *data, size_t length)
{
	struct rtattr head = { (unsigned short)RTA_LENGTH(length), (unsigned short)type };
	struct rtattr *at = append(message, &head, sizeof head);

	append(message, data, length);
	return at;
}

static void put_text(struct message *message, int type, const char *text)
{
	put(message, type, text, strlen(text) + 1);
}

static void put_number(struct message *message, int type, unsigned number)
{
	put(message, type, &number, sizeof number);
}

static void end(struct message *message, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((char *)message + message->header.nlmsg_len - (char *)nest);
}

static struct message new_link(unsigned ifindex, unsigned up, int flags)
{
	struct ifinfomsg link = { .ifi_index = (int)ifindex, .ifi_flags = up, .ifi_change = up };
	struct message message = { .header = { sizeof message.header, RTM_NEWLINK,
					       (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags),
					       0, 0 } };

	append(&message, &link, sizeof link);
	return message;
}

static struct message new_tc(int type, unsigned ifindex, unsigned parent, unsigned handle,
			     unsigned info)
{
	struct tcmsg tc = { .tcm_ifindex = (int)ifindex, .tcm_parent = parent,
			    .tcm_handle = handle, .tcm_info = info };
	struct message message = { .header = { sizeof message.header, (unsigned short)type,
					       NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
					       0, 0 } };

	append(&message, &tc, sizeof tc);
	return message;
}

static void transact(int fd, struct message *message, const char *what)
{
	char answer[8192];
	const struct nlmsghdr *header = (const void *)answer;

	need(send(fd, message, message->header.nlmsg_len, 0) > 0 &&
		     recv(fd, answer, sizeof answer, 0) > 0,
	     what);
	need(header->nlmsg_type != NLMSG_ERROR || *(const int *)NLMSG_DATA(header) == 0, what);
}

static int open_netlink(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	need(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "netlink");
	return fd;
}

static unsigned index_of(int fd, const char *name)
{
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
	need(ioctl(fd, SIOCGIFINDEX, &request) == 0, name);
	return (unsigned)request.ifr_ifindex;
}

static void put_no_address(struct message *message)
{
	const unsigned char none = IN6_ADDR_GEN_MODE_NONE;
	struct rtattr *families = put(message, IFLA_AF_SPEC, NULL, 0);
	struct rtattr *inet6 = put(message, AF_INET6, NULL, 0);

	put(message, IFLA_INET6_ADDR_GEN_MODE, &none, 1);
	end(message, inet6);
	end(message, families);
}

/* ---- what both kinds need ---- */

static void attach(struct port *port)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

	memcpy(request.ifr_name, port->name, IFNAMSIZ);
	if (port->queues > 1)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	for (unsigned i = 0; i < port->queues; i++)
		need(ioctl(port->tuns[i], TUNSETIFF, &request) == 0, "TUNSETIFF");
	need(ioctl(port->tuns[0], TUNSETOWNER, (unsigned long)getuid()) == 0, "TUNSETOWNER");
}

static void join(const struct port *port, unsigned ifindex)
{
	static const unsigned char mac[6] = { 0xfe, 1, 2, 3, 4, 5 }, on = 1;
	struct message message = new_link(ifindex, 0, 0);
	struct rtattr *info, *data;

	put(&message, IFLA_ADDRESS, mac, sizeof mac);
	put_number(&message, IFLA_MTU, 1500);
	put_text(&message, IFLA_IFALIAS, "bare port");
	put_number(&message, IFLA_MASTER, port->bridge);
	put_no_address(&message);
	transact(port->outer, &message, "join");
	message = new_link(ifindex, IFF_UP, 0);
	info = put(&message, IFLA_LINKINFO, NULL, 0);
	put_text(&message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = put(&message, IFLA_INFO_SLAVE_DATA, NULL, 0);
	put(&message, IFLA_BRPORT_GUARD, &on, 1);
	put(&message, IFLA_BRPORT_PROTECT, &on, 1);
	end(&message, data);
	end(&message, info);
	transact(port->outer, &message, "up");
}

static void make_direct(struct port *port)
{
	port->tuns[0] = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	need(port->tuns[0] >= 0, "/dev/net/tun");
	attach(port);
	join(port, index_of(port->outer, port->name));
}

/* ---- sealed ---- */

/* fds of the namespace: itself, netlink, TAPs. Returns the child, which ends by itself. */
static pid_t make_namespace(int *fds, unsigned count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	int ends[2];
	pid_t child;

	need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	child = fork();
	if (child == 0) {
		need(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0, "unshare");
		fds[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		fds[1] = open_netlink();
		for (unsigned i = 2; i < count; i++)
			fds[i] = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		need(fd_pass_send(ends[1], &byte, 1, fds, count, 1000) == 0, "send");
		_exit(0);
	}
	need(recvmsg(ends[0], &message, MSG_CMSG_CLOEXEC) == 1, "receive");
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), count * sizeof *fds);
	close(ends[0]);
	close(ends[1]);
	return child;
}

static void put_end(struct message *message, const char *name, unsigned queues)
{
	put_text(message, IFLA_IFNAME, name);
	put_number(message, IFLA_MTU, 1500);
	put_number(message, IFLA_NUM_TX_QUEUES, queues);
	put_number(message, IFLA_NUM_RX_QUEUES, queues);
}

static void make_pair(const struct port *port, int namespace_fd)
{
	const struct ifinfomsg peer_link = { 0 };
	struct message message = new_link(0, 0, NLM_F_CREATE | NLM_F_EXCL);
	struct rtattr *info, *data, *peer;

	put_end(&message, port->name, port->queues);
	info = put(&message, IFLA_LINKINFO, NULL, 0);
	put_text(&message, IFLA_INFO_KIND, "veth");
	data = put(&message, IFLA_INFO_DATA, NULL, 0);
	peer = put(&message, VETH_INFO_PEER, NULL, 0);
	append(&message, &peer_link, sizeof peer_link);
	put_end(&message, "bridge", port->queues);
	put_number(&message, IFLA_NET_NS_FD, (unsigned)namespace_fd);
	end(&message, peer);
	end(&message, data);
	end(&message, info);
	transact(port->outer, &message, "veth");
}

static void silence(int fd, unsigned ifindex)
{
	struct message message = new_link(ifindex, 0, 0);

	put_number(&message, IFLA_MTU, 1500);
	put_no_address(&message);
	transact(fd, &message, "silence");
}

static void add_qdisc(int fd, unsigned ifindex, const char *kind, unsigned parent, unsigned handle)
{
	struct message message = new_tc(RTM_NEWQDISC, ifindex, parent, handle, 0);

	put_text(&message, TCA_KIND, kind);
	transact(fd, &message, kind);
}

static void add_filter(int fd, unsigned from, unsigned to, unsigned priority)
{
	const struct tc_mirred redirect = { .action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR,
					    .ifindex = to };
	struct {
		struct tc_u32_sel head;
		struct tc_u32_key keys[2];
	} selector = { { .flags = TC_U32_TERMINAL, .nkeys = to == 0 ? 2 : 0 },
		       { { htonl(0xffffffff), htonl(0xc2000000), -12, 0 },
			 { htonl(0x0000ffff), htonl(0x00000180), -16, 0 } } };
	struct message message = new_tc(RTM_NEWTFILTER, from, INGRESS, 0,
					TC_H_MAKE(priority << 16, htons(ETH_P_ALL)));
	struct rtattr *options, *list, *action, *inner;

	put_text(&message, TCA_KIND, "u32");
	options = put(&message, TCA_OPTIONS, NULL, 0);
	put(&message, TCA_U32_SEL, &selector,
	    sizeof selector.head + selector.head.nkeys * sizeof selector.keys[0]);
	if (to != 0) {
		list = put(&message, TCA_U32_ACT, NULL, 0);
		action = put(&message, 1, NULL, 0);
		put_text(&message, TCA_ACT_KIND, "mirred");
		inner = put(&message, TCA_ACT_OPTIONS, NULL, 0);
		put(&message, TCA_MIRRED_PARMS, &redirect, sizeof redirect);
		end(&message, inner);
		end(&message, action);
		end(&message, list);
	}
	end(&message, options);
	transact(fd, &message, "filter");
}

static void make_sealed(struct port *port)
{
	int fds[2 + PROTOCOL_QUEUES_MAX], inside;
	unsigned tap, link;
	struct message message;
	pid_t child = make_namespace(fds, 2 + port->queues);

	inside = fds[1];
	memcpy(port->tuns, fds + 2, port->queues * sizeof(int));
	make_pair(port, fds[0]);
	attach(port);
	tap = index_of(inside, port->name);
	link = index_of(inside, "bridge");
	silence(inside, tap);
	silence(inside, link);
	add_qdisc(inside, tap, "noqueue", TC_H_ROOT, 0);
	add_qdisc(inside, tap, "ingress", TC_H_INGRESS, INGRESS);
	add_qdisc(inside, link, "ingress", TC_H_INGRESS, INGRESS);
	add_filter(inside, tap, link, 2);
	add_filter(inside, tap, 0, 1);
	add_filter(inside, link, tap, 2);
	message = new_link(tap, IFF_UP, 0);
	transact(inside, &message, "up");
	join(port, index_of(port->outer, port->name));
	message = new_link(link, IFF_UP, 0);
	transact(inside, &message, "up");
	close(fds[0]);
	close(inside);
	(void)waitpid(child, NULL, 0);
}

static void answer(int channel, const struct protocol_request *request, const char *own_name,
		   int outer)
{
	struct protocol_reply reply = { .header = request->header };
	uint8_t bytes[PROTOCOL_REPLY_SIZE];
	struct port port = { .outer = outer, .queues = request->tap.queues };

	(void)snprintf(port.name, sizeof port.name, "bare%u", request->header.serial % 100000);
	port.bridge = index_of(outer, request->tap.bridge);
	if (strstr(own_name, "sealed") != NULL)
		make_sealed(&port);
	else
		make_direct(&port);
	reply.queues = (uint16_t)port.queues;
	memcpy(reply.port, port.name, sizeof reply.port);
	memcpy(reply.tap, port.name, sizeof reply.tap);
	need(fd_pass_send(channel, bytes, protocol_encode_reply(&reply, bytes, sizeof bytes),
			  port.tuns, port.queues, 5000) == 0,
	     "reply");
	for (unsigned i = 0; i < port.queues; i++)
		close(port.tuns[i]);
}

int main(int argc, char **argv)
{
	int channel = argc == 2 ? atoi(argv[1] + strlen("--fd=")) : -1;
	uint8_t bytes[PROTOCOL_TAP_REQUEST_SIZE];
	struct protocol_request request;
	int outer;
	ssize_t length;

	need(channel > 2 && setresuid(getuid(), 0, 0) == 0, "usage");
	outer = open_netlink();
	while ((length = recv(channel, bytes, sizeof bytes, 0)) > 0) {
		need(protocol_decode_request(bytes, (size_t)length, &request) == PROTOCOL_OK,
		     "request");
		answer(channel, &request, argv[0], outer);
	}
	return 0;
}
