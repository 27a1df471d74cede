# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What a person sees of a test run that fails, hangs, or meets its limit."""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as tree

import pytest

from process import wait_until

CONFTEST = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
from reporting import Reporting
def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): as in the system tests")
    config.pluginmanager.register(Reporting(config))
"""
HEAD = "import os, pathlib, time, pytest\n"


@pytest.fixture
def pytest_of(tmp_path):
    """Starts pytest with tests of this text."""
    def start(text, **env):
        (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        (tmp_path / "test_it.py").write_text(HEAD + text, encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=10",
             f"--junitxml={tmp_path}/report.xml", "test_it.py"], cwd=tmp_path, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **env})
    return start


def test_a_failure_is_shown_at_once(pytest_of, tmp_path):
    go = tmp_path / "go"
    run = pytest_of("def test_bad():\n    print('what it said')\n    assert 1 == 2, 'the reason'\n"
                    f"def test_waits():\n    while not pathlib.Path({str(go)!r}).exists():\n"
                    "        time.sleep(0.01)\n")
    text = ""
    with run:
        # The second test waits until the first one's failure was read.
        while not text.endswith("\nwhat it said\n"):
            line = run.stdout.readline()
            assert line, text
            text += line
        go.touch()
        rest = run.stdout.read()
    assert "call of test_it.py::test_bad" in text and "the reason" in text
    assert "1 failed, 1 passed" in rest and "slowest 10 durations" in rest
    # Not a second time, but by name.
    assert "what it said" not in rest and "FAILED test_it.py::test_bad" in rest


def test_a_test_that_hangs_fails_where_it_hangs(pytest_of):
    run = pytest_of("@pytest.mark.limit(1)\ndef test_hangs():\n    try:\n"
                    "        time.sleep(1000)  # here\n    except Exception:\n        pass\n"
                    "@pytest.fixture\ndef slow():\n    yield\n    time.sleep(1000)  # there\n"
                    "@pytest.mark.limit(1)\ndef test_is_not_cleared_up(slow):\n    pass\n"
                    "def test_good():\n    pass\n")
    text = run.communicate()[0]
    assert "a hang: call of test_it.py::test_hangs took longer than 1 s" in text
    assert ">           time.sleep(1000)  # here" in text
    assert "a hang: teardown of test_it.py::test_is_not_cleared_up" in text
    assert ">       time.sleep(1000)  # there" in text
    assert "1 failed, 2 passed, 1 error" in text


def test_a_run_that_meets_its_limit_sums_up(pytest_of, tmp_path):
    run = pytest_of("def test_bad():\n    assert 0, 'an early failure'\n"
                    "def test_hangs():\n    time.sleep(1000)\n"
                    "def test_later():\n    pathlib.Path('later').touch()\n",
                    VMGRANT_TEST_LIMIT_S="2")
    text = run.communicate()[0]
    assert run.returncode == 2 and "an early failure" in text
    assert "the limit of 2 s for all tests was met in the call of test_it.py::test_hangs" in text
    assert "2 failed" in text and not (tmp_path / "later").exists()
    report = tree.parse(tmp_path / "report.xml").getroot()
    assert sum(int(suite.get("failures")) for suite in report.iter("testsuite")) == 2


def test_a_run_that_is_told_to_end_sums_up(pytest_of, tmp_path):
    run = pytest_of("def test_bad():\n    assert 0, 'an early failure'\n"
                    # Not by a file that is closed as it is forgotten: what a signal raises there is lost.
                    "def test_hangs():\n    pathlib.Path('at-work').touch()\n"
                    "    time.sleep(1000)\n"
                    "def test_later():\n    pathlib.Path('later').touch()\n")
    wait_until((tmp_path / "at-work").exists, "the second test")
    run.send_signal(signal.SIGTERM)
    text = run.communicate()[0]
    assert run.returncode == 2 and "an early failure" in text and "ended by SIGTERM" in text
    assert "2 failed" in text and not (tmp_path / "later").exists()
    report = tree.parse(tmp_path / "report.xml").getroot()
    assert sum(int(suite.get("failures")) for suite in report.iter("testsuite")) == 2
