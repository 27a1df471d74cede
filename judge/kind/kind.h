/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The kinds of things that can be asked for: one row each; list.h lists them.
 *
 * A kind that has no row is refused. To add one: a folder here, its line in list.h, an
 * order in wire/orders/orders.h and its performer in helper/.
 */
#ifndef VMGRANT_JUDGE_KIND_KIND_H
#define VMGRANT_JUDGE_KIND_KIND_H

#include "judge/ask-polkit.h"
#include "judge/handover.h"
#include "judge/kind/disk/object.h"
#include "judge/kind/usb/object.h"
#include "judge/kind/vfio/object.h"
#include "judge/request.h"
#include "judge/session.h"

/* One request while it is judged. */
struct matter {
	const struct request *request;
	struct session *session;
	const struct acl_rule *rule; /* that decided; NULL: none did */
	struct acl_options options;  /* of that rule, as they hold for this request */
	uint64_t judged_ms; /* clock_now_ms() before the policy was looked at last: for the order */
	union {
		struct usb_object usb;
		struct vfio_object vfio;
		struct disk_object disk;
	};
};

struct kind {
	enum acl_kind kind;
	unsigned messages;  /* enum protocol_type that ask for it, a bit 1u << TYPE each */
	const char *action; /* polkit's */
	unsigned rights;    /* enum order_right that its orders take */
	/* What a rule's options may take besides. NULL: nothing. */
	unsigned (*rights_of)(const struct acl_rule *rule);

	/* From the layout to the meaning: names and numbers are judged here. */
	enum reply_code (*decode)(const struct protocol_request *message, struct request *request,
				  struct refusal *why);
	/* "bridge br0", in printable ASCII. */
	void (*describe)(const struct request *request, char text[REQUEST_TEXT_SIZE]);

	/*
	 * Look for it. Not finding it is not yet a refusal: the ACL has to say no in the same
	 * words to whoever may not have it. NULL: nothing to look for.
	 */
	enum reply_code (*find)(struct matter *matter, struct refusal *why);
	/* May the caller have it by the ACL? Sets matter->rule and matter->options. */
	enum reply_code (*judge)(struct matter *matter, struct refusal *why);
	/* What only a request that makes something has to pass. */
	enum reply_code (*check)(const struct matter *matter, struct refusal *why);
	/* Add what polkit's rules and dialogs are told about it. */
	void (*add_details)(const struct matter *matter, struct polkit_question *question);
	/* The concrete device for the record; "" where the request says it all. NULL: always. */
	void (*name)(const struct matter *matter, char text[ORDER_WORDS_SIZE]);
	/* Say what would be given. */
	enum reply_code (*offer)(struct matter *matter, struct handover *handover,
				 struct refusal *why);
	/* Have it done. Only session.c calls this, with a matter that was authorised. */
	enum reply_code (*perform)(struct matter *matter, struct handover *handover,
				   struct refusal *why);
	void (*release)(struct matter *matter); /* NULL: nothing to release */
};

#define DECLARE(NAME, name) extern const struct kind kind_##name;
KINDS(DECLARE)
#undef DECLARE

/* The row of a kind; NULL: there is none. */
const struct kind *kind_of(enum acl_kind kind);
const struct kind *kind_of_message(const struct protocol_request *message);

/* The words of the record that the helper makes of this matter. */
void matter_words(const struct matter *matter, struct order_words *words);

#endif
