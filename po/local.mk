# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Catalogs of the command's messages, one for each line of po/LINGUAS.
if NLS
all-local: $(CATALOGS)
endif

SUFFIXES = .po .mo
.po.mo:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check -o $@ $<

if NLS
install-catalogs: $(CATALOGS)
	@for one in $(CATALOGS); do \
		folder='$(DESTDIR)$(localedir)'/`basename $$one .mo`/LC_MESSAGES; \
		echo " $(INSTALL_DATA) $$one $$folder/vmgrant.mo"; \
		$(INSTALL) -d -m 755 "$$folder" && $(INSTALL_DATA) $$one "$$folder/vmgrant.mo" || exit 1; \
	done
else
install-catalogs:
endif

uninstall-catalogs:
	@for one in $(CATALOGS); do \
		rm -f '$(DESTDIR)$(localedir)'/`basename $$one .mo`/LC_MESSAGES/vmgrant.mo; \
	done
.PHONY: install-catalogs uninstall-catalogs

CLEANFILES += $(CATALOGS)
