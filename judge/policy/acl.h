/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The ACL in memory: rules, questions and verdicts.
 *
 * Everything declared here is a pure function on memory: no files, no system
 * calls, no name service. acl-load.c brings the text, names.c the ids.
 * Strings inside rules point into the text that was parsed, which therefore
 * has to live as long as the ACL.
 */
#ifndef VMGRANT_JUDGE_POLICY_ACL_H
#define VMGRANT_JUDGE_POLICY_ACL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "judge/kind/list.h"

#define ACL_LINE_MAX 4096u      /* bytes of one line, without its newline */
#define ACL_RULES_MAX 65536u    /* rules of a whole policy */
#define ACL_BRIDGE_NAME_MAX 15u /* IFNAMSIZ - 1: the kernel cuts what is longer */
#define ACL_QUEUES_MAX 256u     /* MAX_TAP_QUEUES of the kernel */
#define ACL_QUOTA_MAX 1024u     /* ports that a bridge can have, BR_MAX_PORTS */
#define ACL_VLAN_MAX 4094u      /* 4095 is reserved by IEEE 802.1Q */

#define KIND_NUMBER(NAME, name) ACL_KIND_##NAME,
enum acl_kind { ACL_KIND_NONE = 0, KINDS(KIND_NUMBER) ACL_KIND_END };
#undef KIND_NUMBER
#define ACL_KIND_LAST (ACL_KIND_END - 1)

enum acl_effect { ACL_EFFECT_DENY = 0, ACL_EFFECT_ALLOW };

enum acl_subject_type {
	ACL_SUBJECT_EVERYBODY = 1,
	ACL_SUBJECT_USER_NAME,
	ACL_SUBJECT_USER_ID,
	ACL_SUBJECT_GROUP_NAME,
	ACL_SUBJECT_GROUP_ID,
};

struct acl_subject {
	enum acl_subject_type type;
	uint32_t id;      /* of the two ID types */
	const char *name; /* of the two NAME types */
};

/* What a rule gives along with its yes. Zero is the modest value of each. */
struct acl_options {
	uint32_t queues;        /* most queues of one TAP; 0: not written, means 1 */
	uint32_t quota;         /* most interfaces of one user on the bridge; 0: no quota */
	uint32_t vlan;          /* 1-4094, 0: none */
	uint64_t memlock_bytes; /* 0: not raised */
	uint8_t vhost, lock_mac, isolated;
	uint8_t port_direct;  /* port=direct */
	uint8_t polkit_skip;  /* polkit=no */
};

struct acl_rule {
	enum acl_effect effect;
	enum acl_kind kind;
	struct acl_subject subject;
	const char *bridge; /* NULL: every bridge ("*", or qemu's "all") */
#define SELECTOR(NAME, name) struct acl_##name##_selector name;
	DEVICE_KINDS(SELECTOR)
#undef SELECTOR
	struct acl_options options;
	const char *file; /* where it stands, for records and explanations */
	unsigned line;
};

/* A list of rules that grows; acl_release() gives its memory back. */
struct acl {
	struct acl_rule *rules;
	size_t count, capacity;
	int incomplete; /* 1: a rule found no room; nothing may be judged by the others */
};

/* Why a text is no policy. Everything in it may be printed as it is. */
struct acl_error {
	char file[256];   /* escaped */
	unsigned line;    /* from 1; 0: the file as a whole */
	unsigned column;  /* in bytes, from 1; 0: the line as a whole */
	char word[64];    /* the offending word, escaped, cut with "..." */
	char message[256];
};

/*
 * The two statements that lead to other files. The parser knows their syntax,
 * the loader what to do. Each returns 0, or -1 with *error filled; where it leaves
 * error->file empty, the parser fills in the place of the statement.
 */
struct acl_visitor {
	void *context;
	int (*include)(void *context, const char *path, struct acl_error *error);
	int (*import_qemu)(void *context, const char *path, struct acl_error *error);
	/* What acl_parse_qemu() passes over, as qemu does; NULL: nobody wants to know. */
	void (*passed_over)(void *context, const struct acl_error *what);
};

/*
 * Append the rules of one policy file to *acl.
 *
 * text, length  the whole file; is written to (words are ended by NUL) and must
 *               outlive *acl
 * file          its name for messages and records, must outlive *acl
 * visitor       called for include and import-qemu, in the order of the file
 *
 * Returns 0, or -1 with *error filled; then *acl must not be judged. Errors
 * are: a line over ACL_LINE_MAX, NUL, carriage return, byte order mark, other
 * control or non-ASCII bytes, a last line without newline, unknown or missing
 * words, an option twice, in the wrong kind or on a deny, numbers out of range,
 * over ACL_RULES_MAX rules, no memory.
 */
int acl_parse(struct acl *acl, char *text, size_t length, const char *file,
	      const struct acl_visitor *visitor, struct acl_error *error);

/*
 * The same for a file in the syntax of qemu-bridge-helper's bridge.conf:
 * "allow|deny NAME|all", "include PATH", "#" only at the start of a line.
 * Its rules are for everybody, on bridges, without options but port_direct.
 * Read as qemu reads it, byte by byte; qemu.c lists how. What qemu passes over is
 * told to the visitor. On an error the rules before it stay in *acl: the caller
 * decides what that means, qemu ignores errors in included files, but not in the
 * main file.
 */
int acl_parse_qemu(struct acl *acl, char *text, size_t length, const char *file,
		   const struct acl_visitor *visitor, struct acl_error *error);

void acl_release(struct acl *acl);

/* Add a rule. Returns 0, or -1 when full or out of memory; then *acl is incomplete. */
int acl_append(struct acl *acl, const struct acl_rule *rule);

/*
 * 1 if a name can be a bridge's: 1 to 15 bytes of printable ASCII without
 * white space, '/', ':', '%', '*', '#' or '"', and not "." or "..".
 */
int acl_bridge_name_valid(const char *name);

/* 1 if it is "BUS-PORT[.PORT]..." as the kernel names a USB device in sysfs. */
int acl_usb_port_valid(const char *value);

/* A domain may have more than four digits (Intel VMD), as many as fit into a request. */
#define ACL_PCI_DOMAIN_MAX 7u
#define ACL_PCI_SHORT_LENGTH 7u /* "03:00.0" */

/*
 * Bring "DDDD:BB:DD.F" into the kernel's form, which has small letters. Returns 0,
 * or -1 if it is no PCI address; it is then left as it was.
 */
int acl_pci_address_normalise(char *text);

/* 1 if the address of a rule, which may lack the domain 0000, is the device's; that may be NULL. */
int acl_pci_address_equal(const char *rule, const char *address);

/* Fill *error; file and word are escaped and cut here. word may be NULL. */
void acl_error_set(struct acl_error *error, const char *file, unsigned line, unsigned column,
		   const char *word, const char *message);

/*
 * "FILE: line L, column C: WORD: MESSAGE", without the parts that are 0 or empty.
 * Returns what snprintf() does.
 */
int acl_error_format(const struct acl_error *error, char *text, size_t size);

/* ---- the judgement ---- */

/* One device or bridge of which somebody asks. */
struct acl_object {
	enum acl_kind kind;
	const char *bridge;
#define OBJECT(NAME, name) struct acl_##name##_object name;
	DEVICE_KINDS(OBJECT)
#undef OBJECT
};

/* Who asks. The groups are the process's own, from the kernel. */
struct acl_asker {
	uid_t uid;
	const gid_t *groups;
	size_t group_count;
	/*
	 * 1: the system knows no user of that uid, perhaps not any more. Then only an allow
	 * by this very number is about him, but every deny that is about his ids.
	 */
	int is_nameless;
};

/* Has the asker that group, also by his real gid? */
int acl_asker_in_group(const struct acl_asker *asker, gid_t group);

/* What a name means on this machine. */
enum acl_name_result {
	ACL_NAME_FAILED = 0, /* the name service could not say: everything is denied */
	ACL_NAME_UNKNOWN,    /* nobody of that name: the rule matches nobody */
	/* nobody of that name is known, but the asker has an id without a name: a deny may
	 * be about him, an allow is not */
	ACL_NAME_UNTOLD,
	ACL_NAME_FOUND,
};

struct acl_names {
	void *context;
	enum acl_name_result (*user)(void *context, const char *name, uid_t *uid_out);
	enum acl_name_result (*group)(void *context, const char *name, gid_t *gid_out);
};

struct acl_question {
	const struct acl_object *object;
	const struct acl_asker *asker;
	const struct acl_names *names;
};

/*
 * Is a rule about that object and that asker, whatever it says of them? Returns 1,
 * 0, or -1 if the name service could not say.
 */
int acl_rule_matches(const struct acl_rule *rule, const struct acl_question *question);

enum acl_verdict {
	ACL_VERDICT_DENY = 0,     /* no rule allows it, or a rule denies it */
	ACL_VERDICT_ALLOW = 1,
	ACL_VERDICT_NO_NAMES = 2, /* deny, because it cannot be told who a name is */
};

/*
 * Judge one question.
 *
 * Any deny that matches wins, wherever it stands; otherwise the first allow
 * that matches. Names are resolved only for rules whose object matches and
 * whose answer can still change the verdict.
 *
 * rule_out  the rule that decided, or with ACL_VERDICT_NO_NAMES the rule whose
 *           name could not be resolved; NULL where none did
 */
enum acl_verdict acl_judge(const struct acl *acl, const struct acl_object *object,
			   const struct acl_asker *asker, const struct acl_names *names,
			   const struct acl_rule **rule_out);

/*
 * Which kinds of things some allow could give to the asker, whatever else the policy
 * says: bits 1u << enum acl_kind. What cannot be asked for with success needs no
 * privilege to perform.
 *
 * It errs on the side of possible: a name that nobody has or that the name service
 * cannot tell may be the asker's in a moment, and names are looked up only up to
 * ACL_POSSIBLE_LOOKUPS_MAX, so that a long policy costs no more than a short one.
 */
#define ACL_POSSIBLE_LOOKUPS_MAX 16u
unsigned acl_kinds_possible(const struct acl *acl, const struct acl_asker *asker,
			    const struct acl_names *names);

#endif
