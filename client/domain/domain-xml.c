/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What libvirt's description of a domain says. Pure. libxml2's headers are in this file alone. */
#include "client/domain/domain-xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <stdlib.h>
#include <string.h>

#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

/* ---- parsing ---- */

/* A DOCTYPE is where entities are declared and other files are named: it goes no further. */
static void stop_at_doctype(void *context, const xmlChar *name, const xmlChar *public_id,
			    const xmlChar *system_id)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)public_id;
	(void)system_id;
	*(int *)parser->_private = 1;
	xmlStopParser(parser);
}

static char *phrase_of(const xmlError *error)
{
	if (error == NULL || error->message == NULL)
		return text_format("is no XML");
	return text_format("is no XML: line %d: %.*s", error->line,
			   (int)strcspn(error->message, "\n"), error->message);
}

/* NULL: it cannot be read, and *why_out says why, to be freed. */
static xmlDoc *parse(const char *xml, size_t length, char **why_out)
{
	xmlParserCtxt *parser = text_need(xmlNewParserCtxt());
	int has_doctype = 0;
	xmlDoc *document = NULL;

	*why_out = NULL;
	parser->_private = &has_doctype;
	parser->sax->internalSubset = stop_at_doctype;
	if (length > DOMAIN_XML_BYTES_MAX)
		*why_out = text_format("is longer than %u bytes", DOMAIN_XML_BYTES_MAX);
	else
		/* Without XML_PARSE_NOENT, _DTDLOAD, _XINCLUDE and _HUGE. */
		document = xmlCtxtReadMemory(parser, xml, (int)length, NULL, NULL,
					     XML_PARSE_NONET | XML_PARSE_NOERROR |
						     XML_PARSE_NOWARNING);
	if (has_doctype) {
		xmlFreeDoc(document);
		document = NULL;
		*why_out = text_format("has a DOCTYPE, which libvirt's own have not");
	} else if (document == NULL && *why_out == NULL) {
		*why_out = phrase_of(xmlCtxtGetLastError(parser));
	}
	xmlFreeParserCtxt(parser);
	return document;
}

/* To be freed. */
static char *write_text(xmlDoc *document)
{
	xmlBuffer *buffer = text_need(xmlBufferCreate());
	xmlSaveCtxt *output =
		text_need(xmlSaveToBuffer(buffer, "UTF-8", XML_SAVE_NO_DECL | XML_SAVE_AS_XML));
	char *text;

	(void)xmlSaveDoc(output, document);
	(void)xmlSaveClose(output);
	text = text_format("%s", (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

/* ---- elements ---- */

/* namespace: NULL for libvirt's own, which have none. */
static int is_element(const xmlNode *node, const char *namespace, const char *name)
{
	const char *found = node->ns == NULL ? NULL : (const char *)node->ns->href;

	if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, name) != 0)
		return 0;
	return namespace == NULL || found == NULL ? namespace == found
						  : strcmp(namespace, found) == 0;
}

/* The next element of that name from node on, among its siblings. */
static xmlNode *find_from(xmlNode *node, const char *namespace, const char *name)
{
	while (node != NULL && !is_element(node, namespace, name))
		node = node->next;
	return node;
}

static xmlNode *find_first(const xmlNode *parent, const char *name)
{
	return parent == NULL ? NULL : find_from(parent->children, NULL, name);
}

/* NULL: none, or more. */
static xmlNode *find_only(const xmlNode *parent, const char *name)
{
	xmlNode *first = find_first(parent, name);

	return first != NULL && find_from(first->next, NULL, name) != NULL ? NULL : first;
}

/* Allocated by libxml2, whose free() need not be ours. */
static char *take(xmlChar *text)
{
	char *ours = text == NULL ? NULL : text_format("%s", (const char *)text);

	xmlFree(text);
	return ours;
}

/* The text of an element, to be freed; NULL: there is no such element, or no text. */
static char *take_text(const xmlNode *node)
{
	char *text = node == NULL ? NULL : take(xmlNodeGetContent(node));

	if (text != NULL && *text == '\0') {
		free(text);
		return NULL;
	}
	return text;
}

/* To be freed; NULL: there is none. */
static char *take_attribute(const xmlNode *node, const char *name)
{
	return node == NULL ? NULL : take(xmlGetNoNsProp(node, (const xmlChar *)name));
}

/* ---- editing ---- */

/* In the place of the first of its texts. Its comments stay. */
static void replace_text(xmlDoc *document, xmlNode *element, const char *text)
{
	xmlNode *new = text_need(xmlNewDocText(document, (const xmlChar *)text)), *first = NULL;

	for (xmlNode *node = element->children, *next; node != NULL; node = next) {
		next = node->next;
		if (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE)
			continue;
		if (first == NULL) {
			first = new;
			(void)xmlReplaceNode(node, first);
		} else {
			xmlUnlinkNode(node);
		}
		xmlFreeNode(node);
	}
	if (first == NULL)
		(void)xmlAddChild(element, new);
}

/* ---- what libvirt drops ---- */

static int has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->items[i], word) == 0)
			return 1;
	}
	return 0;
}

/* Does it have such an element, with that attribute unless it is NULL? */
static int has_wish(const xmlNode *card, const char *element, const char *attribute)
{
	xmlNode *node = find_first(card, element);

	for (; node != NULL; node = find_from(node->next, NULL, element)) {
		if (attribute == NULL ||
		    xmlHasNsProp(node, (const xmlChar *)attribute, NULL) != NULL)
			return 1;
	}
	return 0;
}

static void find_dropped_in(const xmlNode *card, struct words *dropped)
{
	static const struct {
		const char *element;
		const char *attribute; /* NULL: the element itself */
		const char *name;
	} wishes[] = {
		{ "driver", "queues", "<driver queues>" },
		{ "vlan", NULL, "<vlan>" },
		{ "port", "isolated", "<port isolated>" },
		{ "target", "dev", "<target dev>" },
	};

	for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
		if (has_wish(card, wishes[i].element, wishes[i].attribute) &&
		    !has_word(dropped, wishes[i].name))
			words_add(dropped, text_format("%s", wishes[i].name));
	}
}

static void find_dropped(const xmlNode *root, struct words *dropped)
{
	xmlNode *card = find_first(find_first(root, "devices"), "interface");

	for (; card != NULL; card = find_from(card->next, NULL, "interface")) {
		char *type = take_attribute(card, "type");

		if (type != NULL && strcmp(type, "bridge") == 0)
			find_dropped_in(card, dropped);
		free(type);
	}
}

/* ---- reading ---- */

static int has_variables(const xmlNode *root)
{
	xmlNode *line = find_from(root->children, QEMU_NAMESPACE, "commandline");

	for (; line != NULL; line = find_from(line->next, QEMU_NAMESPACE, "commandline")) {
		xmlNode *variable = find_from(line->children, QEMU_NAMESPACE, "env");

		for (; variable != NULL;
		     variable = find_from(variable->next, QEMU_NAMESPACE, "env")) {
			char *name = take_attribute(variable, "name");
			int is_ours = name != NULL && (strcmp(name, "VMGRANT") == 0 ||
						       strcmp(name, "VMGRANT_FILE") == 0);

			free(name);
			if (is_ours)
				return 1;
		}
	}
	return 0;
}

/* What the rest cannot do without; NULL: nothing is missing. */
static const char *find_missing(const struct domain_text *domain)
{
	if (domain->name == NULL || domain->uuid == NULL)
		return "has no <name> or <uuid>, or two of them";
	if (domain->architecture == NULL || domain->machine == NULL)
		return "has no <type> with an architecture and a machine";
	return domain->emulator == NULL ? "has no <emulator>, or two of them" : NULL;
}

static void read_domain(struct domain_text *domain, xmlDoc *document, const xmlNode *root,
			const char *emulator)
{
	xmlNode *element = find_only(find_only(root, "devices"), "emulator");
	const xmlNode *type = find_only(find_only(root, "os"), "type");
	const char *missing;

	*domain = (struct domain_text){
		.xml = write_text(document),
		.name = take_text(find_only(root, "name")),
		.uuid = take_text(find_only(root, "uuid")),
		.emulator = take_text(element),
		.architecture = take_attribute(type, "arch"),
		.machine = take_attribute(type, "machine"),
		.has_variables = has_variables(root),
	};
	find_dropped(root, &domain->dropped);
	missing = find_missing(domain);
	if (missing != NULL)
		domain->error = text_format("%s", missing);
	else if (emulator != NULL) {
		replace_text(document, element, emulator);
		domain->changed = write_text(document);
	}
}

void domain_xml_read(struct domain_text *domain, const char *xml, size_t length,
		     const char *emulator)
{
	char *why;
	xmlDoc *document = parse(xml, length, &why);
	xmlNode *root = document == NULL ? NULL : xmlDocGetRootElement(document);

	*domain = (struct domain_text){ 0 };
	if (root != NULL && is_element(root, NULL, "domain"))
		read_domain(domain, document, root, emulator);
	else
		domain->error = why != NULL ? why : text_format("is not of a <domain>");
	xmlFreeDoc(document);
}
