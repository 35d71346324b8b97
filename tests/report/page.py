# SPDX-License-Identifier: Apache-2.0
"""A report as a browser lays it out, and what tests ask of it again and again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium import webdriver

from gen.model import Image

ROOT = Path(__file__).resolve().parent.parent.parent
APP = "udp-echo"


@dataclass(frozen=True)
class Report:
    """A report in the browser, the folder of the image that it is about, and the model of that."""

    machine: str
    folder: Path
    image: Image
    browser: webdriver.Chrome

    @property
    def file(self) -> Path:
        return self.folder / "report.html"

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a script returns; it runs from outside, as the page's policy lets none run."""
        return self.browser.execute_script(script, *arguments)

    def boxes(self, picture: str, kind: str = "") -> list[dict[str, Any]]:
        """The boxes of a picture, as they are laid out: name, value, x, y, width, height in pixels."""
        return self.ask("""
            return [...document.querySelectorAll(`#${arguments[0]}-picture g${arguments[1]}`)].map(g => {
              const r = g.querySelector('rect').getBoundingClientRect();
              return {name: g.dataset.name, kind: g.className.baseVal, value: Number(g.dataset.value),
                      x: r.x, y: r.y, width: r.width, height: r.height};
            })""", picture, f".{kind}" if kind else "")


def show(browser: webdriver.Chrome, media: str = "screen", colours: str = "light") -> None:
    features = [{"name": "prefers-color-scheme", "value": colours}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def requests(browser: webdriver.Chrome) -> list[str]:
    """The addresses that were asked for since the last look."""
    events = [json.loads(row["message"])["message"] for row in browser.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
