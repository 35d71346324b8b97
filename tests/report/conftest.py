# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the report's tests: a browser, and the report of each machine in turn."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import images
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common import utils

sys.path.insert(0, str(Path(__file__).resolve().parent))

from page import APP, ROOT, Report, show  # noqa: E402

from gen.model import Image  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402


class Driver(Service):
    """Reached by its address: a bare machine may have no name for it."""

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_connectable(self) -> bool:
        return utils.is_connectable(self.port, "127.0.0.1")


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    # A pipe, not a port: it is reached by a name.
    for argument in ("--headless=new", "--disable-gpu", "--remote-debugging-pipe", "--window-size=1240,1000",
                     *(["--no-sandbox"] if os.geteuid() == 0 else [])):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(service=Driver("/usr/bin/chromedriver"), options=options)
    yield found
    found.quit()


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in images.machines()])
def report(request: pytest.FixtureRequest, image: Callable[[str, str], Path], browser: webdriver.Chrome) -> Report:
    """The report of each machine in turn, as people see it: in light colours, on a screen."""
    machine: str = request.param
    folder = image(machine, APP)
    show(browser)
    for log in ("browser", "performance"):
        browser.get_log(log)
    model = written(machine)
    browser.get((folder / "report.html").as_uri())
    return Report(machine, folder, model, browser)


@functools.cache
def written(machine: str) -> Image:
    """Writes the report of a machine, once; returns the model that it is about."""
    done = images.make(machine, images.image_folder(machine, APP) / "report.html")
    assert done.returncode == 0, done.stdout
    return compile_image(ROOT / "dts" / f"{machine}.dts", ROOT / "apps" / APP)
