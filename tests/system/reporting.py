# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A pytest plugin: failures are shown when they happen, and nothing hangs for ever.

A test has a limit for each of its phases, which only a hang reaches; another one can be set by
@pytest.mark.limit(SECONDS). VMGRANT_TEST_LIMIT_S is one for the whole run: the test at work
fails, no further one begins, and everything is summed up as ever. So it is after SIGTERM.
"""

import os
import signal
import time

import pytest

LIMIT_S = 600
# A test that does not end after its failure, in what clears up, is told again.
AGAIN_S = 60


class Reporting:
    """Shows failures as they come, and ends what hangs."""

    def __init__(self, config):
        self._config = config
        whole = float(os.environ.get("VMGRANT_TEST_LIMIT_S", "inf"))
        self._end = time.monotonic() + whole
        self._whole_s = whole
        self._what, self._over = "", f"the limit of {whole:.0f} s for all tests was met"
        self._at_work = False
        signal.signal(signal.SIGALRM, self._too_long)
        signal.signal(signal.SIGTERM, self._told_to_end)

    @property
    def _terminal(self):
        return self._config.pluginmanager.get_plugin("terminalreporter")

    # ---- limits ----

    def _too_long(self, *_):
        # Not an Exception, which a test might take for one that it expects.
        raise pytest.fail.Exception(f"a hang: {self._what}")

    def _told_to_end(self, *_):
        self._end, self._over = 0, "ended by SIGTERM"
        if self._at_work:
            raise pytest.fail.Exception(self._over)

    def _limited(self, item, phase):
        mark = item.get_closest_marker("limit")
        limit_s = mark.args[0] if mark else LIMIT_S
        left_s = max(self._end - time.monotonic(), 1)
        self._what = f"{phase} of {item.nodeid} took longer than {limit_s:.0f} s"
        if left_s < limit_s:
            self._what = f"the limit of {self._whole_s:.0f} s for all tests was met in the " \
                         f"{phase} of {item.nodeid}"
        signal.setitimer(signal.ITIMER_REAL, min(limit_s, left_s), AGAIN_S)
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_setup(self, item):
        yield from self._limited(item, "setup")

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item):
        yield from self._limited(item, "call")

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item):
        yield from self._limited(item, "teardown")

    def pytest_runtest_logfinish(self):
        if time.monotonic() > self._end:
            self._config.stash[SESSION].shouldstop = self._over

    def pytest_sessionstart(self, session):
        self._config.stash[SESSION] = session

    # ---- failures ----

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        terminal = self._terminal
        if not report.failed or terminal is None:
            return
        terminal.write_line("")
        terminal.write_sep("_", f"{report.when} of {report.nodeid}", red=True)
        terminal.write_line(report.longreprtext)
        for title, text in report.sections:
            terminal.write_sep("-", title)
            terminal.write_line(text.rstrip("\n"))
        terminal.flush()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self):
        terminal = self._terminal
        if terminal is not None:
            terminal.summary_failures = terminal.summary_errors = lambda: None


SESSION = pytest.StashKey()
