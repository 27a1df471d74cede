# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What other software runs when it has made or activated a bridge: vmgrant reattach.
hook_templates = hooks/ifupdown.in hooks/networkmanager.in udev/66-vmgrant-reattach.rules.in
hook_files = $(hook_templates:.in=)

$(hook_files): Makefile
hooks/ifupdown: hooks/ifupdown.in
	$(substitute) $(srcdir)/$@.in >$@
hooks/networkmanager: hooks/networkmanager.in
	$(substitute) $(srcdir)/$@.in >$@
udev/66-vmgrant-reattach.rules: udev/66-vmgrant-reattach.rules.in
	$(substitute) $(srcdir)/$@.in >$@

if UDEV_REATTACH
nodist_udevrules_DATA = udev/66-vmgrant-reattach.rules
endif
noinst_DATA += $(hook_files)
EXTRA_DIST += $(hook_templates)
CLEANFILES += $(hook_files)

# Under names of ours, in folders where every file is run: not by install's own rules.
install-hooks: hooks/ifupdown hooks/networkmanager
if NM_DISPATCHER
	$(INSTALL) -d -m 755 '$(DESTDIR)$(nmdispatcherdir)'
	$(INSTALL_SCRIPT) hooks/networkmanager '$(DESTDIR)$(nmdispatcherdir)/50-vmgrant'
endif
if IFUPDOWN
	$(INSTALL) -d -m 755 '$(DESTDIR)$(ifupdir)'
	$(INSTALL_SCRIPT) hooks/ifupdown '$(DESTDIR)$(ifupdir)/vmgrant'
endif

uninstall-hooks:
if NM_DISPATCHER
	rm -f '$(DESTDIR)$(nmdispatcherdir)/50-vmgrant'
endif
if IFUPDOWN
	rm -f '$(DESTDIR)$(ifupdir)/vmgrant'
endif
.PHONY: install-hooks uninstall-hooks
