# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin in place of pytest's own terminal output: it tells the tally of tests/run."""

from __future__ import annotations

from typing import Protocol

import pytest


class Tally(Protocol):
    def succeed(self, name: str) -> None: ...
    def fail(self, name: str, detail: str) -> None: ...


class Reporter:
    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.removeprefix("tests/").partition("@")[0]  # behind it stands the group
        if report.skipped:
            self.tally.fail(name, f"a test must not be skipped: {report.longrepr}")
        elif report.failed:
            captured = "".join(f"\n--- {title}\n{text}" for title, text in report.sections)
            when = "" if report.when == "call" else f" ({report.when})"
            self.tally.fail(name + when, report.longreprtext + captured)
        elif report.when == "call":
            self.tally.succeed(name)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.tally.fail(report.nodeid or "collection", report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> None:
        self.tally.fail("pytest", str(excrepr))
