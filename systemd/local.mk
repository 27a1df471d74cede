# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The service door. Its units are installed and left off.
templates += systemd/vmgrant.service.in systemd/tmpfiles.conf.in
EXTRA_DIST += systemd/vmgrant.socket
examples_service = systemd/audit.conf systemd/devices.conf systemd/no-user-namespaces.conf

systemd/vmgrant.service: systemd/vmgrant.service.in
	$(substitute) '$(srcdir)/$@.in' >'$@'
systemd/tmpfiles.conf: systemd/tmpfiles.conf.in
	$(substitute) $(srcdir)/$@.in >$@

install-service: systemd/vmgrant.service systemd/tmpfiles.conf
if SYSTEMD_UNITS
	$(INSTALL) -d -m 755 '$(DESTDIR)$(systemdunitdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(srcdir)/systemd/vmgrant.socket systemd/vmgrant.service \
		'$(DESTDIR)$(systemdunitdir)'
	$(INSTALL_DATA) systemd/tmpfiles.conf '$(DESTDIR)$(tmpfilesdir)/vmgrant.conf'
endif

uninstall-service:
if SYSTEMD_UNITS
	rm -f '$(DESTDIR)$(systemdunitdir)/vmgrant.socket' \
		'$(DESTDIR)$(systemdunitdir)/vmgrant.service' '$(DESTDIR)$(tmpfilesdir)/vmgrant.conf'
endif

.PHONY: install-service uninstall-service
