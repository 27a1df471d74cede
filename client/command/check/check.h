/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant check finds out about this machine, for one person. Each check is a
 * function that looks at one thing, leaves it as it is, and adds what it found.
 *
 * What decides is a trial: check-probe.c asks the helper for a card on each bridge and
 * gives it back at once. A check says FAIL where that failed, and why; what only looks
 * wrong while cards are granted is no failure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_CHECK_H
#define VMGRANT_CLIENT_COMMAND_CHECK_CHECK_H

#include "client/command/common/person.h"
#include "client/library/vmgrant.h"
#include "client/text/text.h"

enum check_level {
	CHECK_OK = 0,
	CHECK_INFO, /* good to know, nothing is wrong */
	CHECK_WARN, /* something that a guest may want is not to be had, or not at once */
	CHECK_FAIL, /* nothing, or nothing of that kind, will be granted */
};

enum check_remedy {
	CHECK_NO_REMEDY = 0,
	CHECK_COMMAND, /* a line for a shell, whole */
	CHECK_ADVICE,  /* words */
};

struct finding {
	enum check_level level;
	const char *check; /* name of the check in the table */
	char *what;        /* object: what there is to say about it */
	char *mend;        /* how to fix it; NULL: nothing to do */
	enum check_remedy remedy;
};

/* What the helper answered about one bridge. */
struct probe {
	char *bridge;
	enum vmgrant_code code;     /* what the rules say */
	struct vmgrant_offer offer; /* if they allow it */
	int was_tried;              /* 1: a card was asked for */
	enum vmgrant_code card;     /* how that ended */
	unsigned port_flags;        /* of the card, enum vmgrant_port_flag */
	char port[16];              /* its interface, which goes a little after it; "": none */
	char *sentence;             /* of the last refusal; NULL: none */
};

struct check {
	const char *root;   /* before every path of sysfs, procfs, /dev and /etc; "" but for tests */
	const char *helper;
	const char *object; /* of --vfio and the like; NULL: without */
	const char *user;   /* whom it is about */
	const char *name;   /* of the check that runs */
	const struct person *person;
	int is_root;        /* 1: root runs this, whomever it is about */
	int is_mapped;      /* 1: not in a user namespace, or in one that maps every id */
	int needs_polkit;   /* 1: a rule for this user asks polkit */

	struct probe *probes; /* one a bridge, sorted by name */
	size_t probe_count;
	enum vmgrant_code helper_code; /* why no request was judged; VMGRANT_GRANTED: they were */
	char *helper_sentence;

	struct finding *findings;
	size_t count;
};

/*
 * Add a finding; what and mend come from text_format() and belong to *check from now on.
 * mend is a command for a shell, or NULL. check_advise(): it is words.
 */
void check_add(struct check *check, enum check_level level, char *what, char *mend);
void check_advise(struct check *check, enum check_level level, char *what, char *advice);

/*
 * A node that the control group of a service or container keeps closed, where a mode would give
 * EACCES: 1 if this is one, path below check->root; and the finding. effect: what is not to be had.
 */
int check_is_closed(const struct check *check, const char *path);
void check_add_closed(struct check *check, enum check_level level, const char *path,
		      const char *effect);

/* A sentence of the helper's: what it says to do, if it does, is the advice. */
void check_add_sentence(struct check *check, enum check_level level, const char *sentence);

void check_release(struct check *check);

/* The worst level of all findings. */
enum check_level check_worst(const struct check *check);

/* The worst level that the check of that name has found; CHECK_OK for none. */
enum check_level check_worst_of(const struct check *check, const char *name);

/* Ask the helper. Fills the probes, helper_code and helper_sentence. */
void check_probe(struct check *check);

/* 1 if a card was granted; with a flag: one that has it. */
int check_got_card(const struct check *check, unsigned port_flag);

/* For people, and for programs. is_quiet: only what is wrong. */
struct check_print {
	int is_quiet;
};
void check_print_text(const struct check *check, const struct check_print *print);
void check_print_json(const struct check *check, const struct check_print *print);

/* ---- installation: check-install.c, check-process.c ---- */
void check_process(struct check *check);
void check_helper(struct check *check);
void check_account(struct check *check);

/* ---- the service's units: check-service.c ---- */
void check_service(struct check *check);

/* ---- the administrator's policy: check-policy.c ---- */
void check_acl(struct check *check);

/* ---- bridges: check-bridges.c, check-netfilter.c ---- */
void check_bridges(struct check *check);
void check_netfilter(struct check *check);

/* ---- check-polkit.c ---- */
void check_actions(struct check *check);
void check_polkit(struct check *check);
void check_agent(struct check *check);

/* ---- what guests need besides: check-host.c, check-tun.c ---- */
void check_tun(struct check *check);
void check_namespaces(struct check *check);
void check_kvm(struct check *check);
void check_vhost(struct check *check);
void check_memory(struct check *check);

/* ---- what has become of ports and bridges: check-ports.c ---- */
void check_ports(struct check *check);
void check_bridge_addresses(struct check *check);

/* ---- programs that use the helper: the folder clients ---- */
void check_qemu(struct check *check);
void check_libvirt(struct check *check);
void check_domains(struct check *check);
void check_boxes(struct check *check);
void check_old_helper(struct check *check);

/* ---- for vmgrant check --confine: check-confine.c ---- */
void check_confine(struct check *check);

/* ---- check-apparmor.c ---- */
void check_apparmor(struct check *check);

/* ---- software that configures networks: check-beside.c ---- */
void check_beside(struct check *check);

#endif
