# SPDX-License-Identifier: Apache-2.0
"""A report is one file that asks for nothing, and can be read on a screen, at night and on paper."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

import pytest
from page import ROOT, Report, requests, show

# WCAG 2.2, 1.4.3: the least contrast of small text.
CONTRAST = 4.5
COLOURS = """
const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
function rgba(colour) {
  probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}
const over = (top, share, below) => top.slice(0, 3).map((c, i) => c * share + below[i] * (1 - share));
function behind(element) {  // the colour that a text stands on
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
  return layers.reduce((below, top) => over(top, top[3], below), [255, 255, 255]);
}
function luminance(colour) {
  const [r, g, b] = colour.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ratio(text, ground) {
  const [one, other] = [luminance(text), luminance(ground)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}
const found = [];
for (const text of document.querySelectorAll('svg text')) {
  const style = getComputedStyle(text), ink = rgba(style.fill), own = text.parentElement.querySelector('rect');
  let ground = behind(text.ownerSVGElement);
  if (text.parentElement.tagName === 'g' && own) {
    const fill = getComputedStyle(own);
    ground = over(rgba(fill.fill), Number(fill.fillOpacity), ground);
  }
  found.push([text.textContent, ratio(over(ink, Number(style.opacity), ground), ground)]);
}
for (const element of document.querySelectorAll('body :not(svg, svg *)')) {
  if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
  const ground = behind(element);
  found.push([element.textContent.slice(0, 60), ratio(rgba(getComputedStyle(element).color).slice(0, 3), ground)]);
}
return found;
"""


def test_it_asks_for_nothing_and_nothing_is_wrong(report: Report) -> None:
    assert report.browser.get_log("browser") == []
    assert requests(report.browser) == [report.file.as_uri()]


def test_its_policy_lets_nothing_in(report: Report) -> None:
    """Neither a picture nor a script, even where somebody has put them into the page."""
    report.ask("""
        window.refused = [];
        document.addEventListener('securitypolicyviolation', e => window.refused.push(e.effectiveDirective));
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script, Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}));""")
    refused = report.browser.execute_async_script(
        "const done = arguments[0]; setTimeout(() => done(window.refused.sort()), 0);")
    assert refused == ["img-src", "script-src-elem"]
    assert report.ask("return window.ran") is None


def test_it_has_no_script_and_names_no_other_file(report: Report) -> None:
    text = report.file.read_text()
    assert "<script" not in text and not re.search(r"\b(src|srcset|action)\s*=|url\(|@import|https?://[^\s\"]+\.css", text)
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', text))


def test_it_names_no_folder_of_this_machine(report: Report) -> None:
    text = report.file.read_text()
    assert str(ROOT) not in text and str(Path.home()) not in text


@pytest.mark.parametrize("media, colours", [("screen", "light"), ("screen", "dark"), ("print", "light"), ("print", "dark")])
def test_text_can_be_read(report: Report, media: str, colours: str) -> None:
    show(report.browser, media, colours)
    found = report.ask(COLOURS)
    assert len(found) > 200
    assert not [row for row in found if row[1] < CONTRAST]
    ground = report.ask("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (media == "print" or colours == "light")


def test_words_stay_in_their_boxes(report: Report) -> None:
    outside = report.ask("""return [...document.querySelectorAll('svg g')].flatMap(g => {
        const r = g.querySelector('rect').getBoundingClientRect();
        return [...g.querySelectorAll('text')].filter(text => {
          const t = text.getBoundingClientRect();
          return t.left < r.left - 1 || t.right > r.right + 1 || t.top < r.top - 3 || t.bottom > r.bottom + 3;
        }).map(text => text.textContent); })""")
    assert outside == []
    assert report.ask("return document.documentElement.scrollWidth <= window.innerWidth")


def test_words_stay_in_their_picture(report: Report) -> None:
    outside = report.ask("""return [...document.querySelectorAll('svg')].flatMap(svg => {
        const r = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(text => {
          const t = text.getBoundingClientRect();
          return t.left < r.left - 1 || t.right > r.right + 1 || t.top < r.top - 1 || t.bottom > r.bottom + 2;
        }).map(text => text.textContent); })""")
    assert outside == []


def test_every_shape_has_a_name(report: Report) -> None:
    """What a pointer shows and a screen reader says."""
    unnamed = report.ask("""return [...document.querySelectorAll('svg, svg g, svg path')].filter(
        shape => !shape.querySelector(':scope > title')?.textContent.trim()).length""")
    assert unnamed == 0
    assert report.ask("return document.querySelectorAll('main > section > h2').length") == 7
    assert report.ask("""return [...document.querySelectorAll('nav a')].every(
        a => document.querySelector(a.getAttribute('href')))""")


def test_it_prints(report: Report, tmp_path: Path) -> None:
    """Every heading is on a page of the PDF, and no page is empty."""
    printed = report.browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True, "preferCSSPageSize": True})
    (tmp_path / "report.pdf").write_bytes(base64.b64decode(printed["data"]))
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, text=True,
                          check=True).stdout
    pages = text.rstrip("\f").split("\f")
    assert all(page.strip() for page in pages) and len(pages) < 25
    for heading in report.ask("return [...document.querySelectorAll('h2, h3')].map(h => h.textContent)"):
        assert heading in text
