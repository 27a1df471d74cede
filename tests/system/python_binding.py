# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The Python package, for its tests: that of the tree, and what a program leaves behind.

In worlds the installed one is imported, so the test process must never have it under its name.
"""

import contextlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PACKAGE = TOP / "bindings/python/vmgrant"
TREE = "vmgrant_of_the_tree"


def of_the_tree():
    """The package of the tree, under another name."""
    if TREE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            TREE, PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)])
        sys.modules[TREE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[TREE])
    return sys.modules[TREE]


def installed():
    """In a world: what was installed there."""
    importlib.invalidate_caches()
    import vmgrant  # pylint: disable=import-outside-toplevel
    assert vmgrant.__file__.startswith("/usr/lib/python3"), vmgrant.__file__
    return vmgrant


def open_files():
    with os.scandir("/proc/self/fd") as folder:
        names = [entry.name for entry in folder]
    # Without the folder itself, which is closed again.
    return sorted((name, os.readlink(f"/proc/self/fd/{name}")) for name in names
                  if os.path.lexists(f"/proc/self/fd/{name}"))


def children():
    found = []
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as table:
                found += table.read().split()
    return sorted(found)


@contextlib.contextmanager
def nothing_left():
    """The same files and children after as before, and nobody forgot to close something."""
    before = open_files(), children()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        yield
    after = open_files(), children()
    assert after == before, f"{before} became {after}"
