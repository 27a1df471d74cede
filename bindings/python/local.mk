# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The Python package vmgrant: no module is compiled here, that is for whoever packages it.
python_modules = \
	bindings/python/vmgrant/__init__.py \
	bindings/python/vmgrant/_aio.py \
	bindings/python/vmgrant/_channel.py \
	bindings/python/vmgrant/_connection.py \
	bindings/python/vmgrant/_core.py \
	bindings/python/vmgrant/_door.py \
	bindings/python/vmgrant/_errors.py \
	bindings/python/vmgrant/_grants.py \
	bindings/python/vmgrant/_protocol.py \
	bindings/python/vmgrant/_requests.py \
	bindings/python/vmgrant/py.typed

# Where this installation has the helper.
bindings/python/_installed.py: bindings/python/vmgrant/_installed.py Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
		-e 's|^VERSION = .*|VERSION = "$(VERSION)"|' \
		-e 's|^HELPER = .*|HELPER = "$(pkglibexecdir)/vmgrant-helper"|' \
		$(srcdir)/bindings/python/vmgrant/_installed.py >$@
CLEANFILES += bindings/python/_installed.py

if PYTHON
pythonpackagedir = $(pythondir)/vmgrant
pythonpackage_DATA = $(python_modules) bindings/python/_installed.py
endif

# What Python compiled for itself.
uninstall-python:
if PYTHON
	rm -rf '$(DESTDIR)$(pythonpackagedir)/__pycache__'
	rmdir '$(DESTDIR)$(pythonpackagedir)' 2>/dev/null || :
endif
.PHONY: uninstall-python

EXTRA_DIST += \
	$(python_modules) \
	bindings/python/README.md \
	bindings/python/pyproject.toml \
	bindings/python/vmgrant/_installed.py
