# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# Files for the software beside vmgrant on a host: it leaves our ports alone, and is let to
# start the helper. A package installs what a folder of drop-in files takes; the rest are examples.
systemd_network_files = beside/vmgrant.link beside/vmgrant.network
networkmanager_files = beside/networkmanager.conf
examples_beside = beside/dhcpcd.conf beside/connman.conf beside/lldpd.conf
templates += beside/apparmor.in beside/apparmor-libvirt.in
EXTRA_DIST += $(systemd_network_files) $(networkmanager_files)

beside/apparmor: beside/apparmor.in
	$(substitute) $(srcdir)/$@.in >$@
beside/apparmor-libvirt: beside/apparmor-libvirt.in
	$(substitute) $(srcdir)/$@.in >$@
	$(AM_V_at)chmod +x $@

if APPARMOR
pkglibexec_SCRIPTS = beside/apparmor-libvirt
endif

# They have other names where they are read than here: all of ours begin with 00, to be
# the first of their kind.
install-beside: beside/apparmor
if SYSTEMD_NETWORK
	$(INSTALL) -d -m 755 '$(DESTDIR)$(systemdnetworkdir)'
	$(INSTALL_DATA) $(srcdir)/beside/vmgrant.link '$(DESTDIR)$(systemdnetworkdir)/00-vmgrant.link'
	$(INSTALL_DATA) $(srcdir)/beside/vmgrant.network '$(DESTDIR)$(systemdnetworkdir)/00-vmgrant.network'
endif
if NETWORKMANAGER
	$(INSTALL) -d -m 755 '$(DESTDIR)$(nmconfdir)'
	$(INSTALL_DATA) $(srcdir)/beside/networkmanager.conf '$(DESTDIR)$(nmconfdir)/00-vmgrant.conf'
endif
if LLDPD
	$(INSTALL) -d -m 755 '$(DESTDIR)$(lldpdconfdir)'
	$(INSTALL_DATA) $(srcdir)/beside/lldpd.conf '$(DESTDIR)$(lldpdconfdir)/00-vmgrant.conf'
endif
if APPARMOR
	$(INSTALL) -d -m 755 '$(DESTDIR)$(apparmordir)/abstractions'
	$(INSTALL_DATA) beside/apparmor '$(DESTDIR)$(apparmordir)/abstractions/vmgrant-helper'
endif

# Packages do this themselves, when they are installed.
adapt-apparmor:
if APPARMOR
	@test -z '$(DESTDIR)' && test "`id -u`" -eq 0 || exit 0; \
	'$(pkglibexecdir)/apparmor-libvirt' add || \
		echo "WARNING: libvirt's AppArmor profiles could not be adapted" >&2
endif

uninstall-beside:
if APPARMOR
	@test -n '$(DESTDIR)' || test "`id -u`" -ne 0 || test ! -x '$(pkglibexecdir)/apparmor-libvirt' || \
		'$(pkglibexecdir)/apparmor-libvirt' remove || :
	rm -f '$(DESTDIR)$(apparmordir)/abstractions/vmgrant-helper'
endif
if SYSTEMD_NETWORK
	rm -f '$(DESTDIR)$(systemdnetworkdir)/00-vmgrant.link' \
		'$(DESTDIR)$(systemdnetworkdir)/00-vmgrant.network'
endif
if NETWORKMANAGER
	rm -f '$(DESTDIR)$(nmconfdir)/00-vmgrant.conf'
endif
if LLDPD
	rm -f '$(DESTDIR)$(lldpdconfdir)/00-vmgrant.conf'
endif

.PHONY: install-beside uninstall-beside adapt-apparmor
