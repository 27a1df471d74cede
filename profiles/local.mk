# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What confines vmgrant itself: AppArmor's profile, and SELinux's policy module, which is
# compiled for one policy and therefore by packages (packaging/vmgrant.spec).
selinux_files = profiles/selinux/vmgrant.te profiles/selinux/vmgrant.fc profiles/selinux/vmgrant.if
templates += profiles/apparmor.in
EXTRA_DIST += $(selinux_files)

profiles/apparmor: profiles/apparmor.in
	$(substitute) $(srcdir)/$@.in >$@

install-profile: profiles/apparmor
if APPARMOR_PROFILE
	$(INSTALL) -d -m 755 '$(DESTDIR)$(apparmordir)'
	$(INSTALL_DATA) profiles/apparmor '$(DESTDIR)$(apparmordir)/vmgrant-helper'
else
	$(INSTALL) -d -m 755 '$(DESTDIR)$(examplesdir)'
	$(INSTALL_DATA) profiles/apparmor '$(DESTDIR)$(examplesdir)/vmgrant-helper.apparmor'
endif

apparmor_is_on = test -e /sys/kernel/security/apparmor/profiles && command -v apparmor_parser >/dev/null

# Packages do this themselves. One that an administrator has switched off is not loaded.
load-profile:
if APPARMOR_PROFILE
	@test -z '$(DESTDIR)' && test "`id -u`" -eq 0 && $(apparmor_is_on) || exit 0; \
	test ! -e '$(apparmordir)/disable/vmgrant-helper' || exit 0; \
	apparmor_parser --replace --write-cache '$(apparmordir)/vmgrant-helper' || \
		echo "WARNING: vmgrant's AppArmor profile could not be loaded" >&2
endif

uninstall-profile:
if APPARMOR_PROFILE
	@test -n '$(DESTDIR)' || test "`id -u`" -ne 0 || { $(apparmor_is_on) && \
		apparmor_parser --remove '$(apparmordir)/vmgrant-helper' 2>/dev/null; } || :
	rm -f '$(DESTDIR)$(apparmordir)/vmgrant-helper'
else
	rm -f '$(DESTDIR)$(examplesdir)/vmgrant-helper.apparmor'
endif

.PHONY: install-profile load-profile uninstall-profile
