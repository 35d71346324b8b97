# SPDX-License-Identifier: Apache-2.0
"""Several rounds of figures as a table: which number is shown, and what is not there."""

from __future__ import annotations

from typing import Any

import table

LAYOUT = table.Layout(
    title="UDP echo", group="payload",
    sections=(table.Section("packets/s", "rate", table.count),
              table.Section("loss, %, in the worst round", "loss", table.percent, max),
              table.Section("first echo, ms", "first", table.count, once=True)),
    subject="ours",
    peers=(("the limit", ("hub",)), ("the better Linux guest", ("linux", "linux-batched")),
           ("one that is absent", ("absent",))))


def entry(image: str, window: int, **figures: float) -> dict[str, Any]:
    return {"name": f"udp_echo/m/{image}/window:{window}/payload:64/manual_time", "family_index": 3,
            "iterations": 1000, "time_unit": "us", **figures}


def round_of(ours: float, hub: float, linux: float, batched: float, loss: float = 0) -> dict[str, Any]:
    return {"benchmarks": [
        entry("ours", 8, rate=ours, loss=loss, first=40), entry("ours", 32, rate=2 * ours, loss=0, first=40),
        entry("linux", 8, rate=linux, loss=0, first=1300),
        {**entry("linux", 32), "error_occurred": True, "error_message": "QEMU ended\nthe console says"},
        entry("linux-batched", 8, rate=batched, loss=0, first=1200),
        entry("hub", 8, rate=hub, loss=0, first=30)]}


def compared() -> table.Comparison:
    comparison = table.Comparison({"udp_echo": LAYOUT})
    # The host was twice as fast in the second round: medians of rates mix rounds, ratios do not.
    comparison.add(1, round_of(50_000, 100_000, 4_000, 5_000))
    comparison.add(2, round_of(100_000, 200_000, 8_000, 10_000, loss=1.5))
    comparison.add(3, round_of(60_000, 100_000, 12_000, 6_000))
    return comparison


EXPECTED = """\
m: UDP echo, payload 64                window 8  window 32
packets/s
  ours                                   60,000    120,000
  linux                                   8,000          -
  linux-batched                           6,000          -
  hub                                   100,000          -
loss, %, in the worst round
  ours                                     1.50       0.00
  linux                                    0.00          -
  linux-batched                            0.00          -
  hub                                      0.00          -
first echo, ms
  ours                                       40
  linux                                   1,300
  linux-batched                           1,200
  hub                                        30
ours's packets/s, in the same round
  of the limit                           0.50 ×          -
  of the better Linux guest             10.00 ×          -
"""


def test_the_table() -> None:
    assert table.render(compared()) == EXPECTED


def test_a_failure_is_told_once_a_round_and_is_no_figure() -> None:
    comparison = compared()
    assert comparison.failures == ["m/linux, window 32, payload 64: QEMU ended"] * 3
    assert all("linux" not in images for case, images in comparison.figures.items() if case.column == "window 32")


def test_a_ratio_survives_a_round_that_an_image_failed() -> None:
    comparison = table.Comparison({"udp_echo": LAYOUT})
    comparison.add(1, {"benchmarks": [entry("ours", 8, rate=10), {**entry("hub", 8), "error_occurred": True,
                                                                 "error_message": "gone"}]})
    comparison.add(2, {"benchmarks": [entry("ours", 8, rate=30), entry("hub", 8, rate=60)]})
    case = next(iter(comparison.figures))
    assert comparison.ratio(case, "ours", ("hub",), "rate") == 0.5


def test_json_has_the_rounds_and_their_median() -> None:
    figures = table.as_json(compared())
    ours = next(item for item in figures if item["image"] == "ours" and item["case"] == "window 8, payload 64")
    assert ours["program"] == "udp_echo" and ours["machine"] == "m"
    assert [values["rate"] for values in ours["rounds"]] == [50_000, 100_000, 60_000]
    assert ours["median"] == {"iterations": 1000, "rate": 60_000, "loss": 0, "first": 40}


def test_what_is_no_parameter_is_no_column() -> None:
    blocks = table.Layout(title="blocks", group="null|raw", subject="ours", peers=(),
                          sections=(table.Section("requests/s", "iops", table.count),))
    comparison = table.Comparison({"block_io": blocks})
    name = "block_io/m/ours/raw/write/depth:32/iterations:1/manual_time"
    comparison.add(1, {"benchmarks": [{"name": name, "iops": 1234.5}]})
    assert list(comparison.figures) == [table.Case("block_io", "m", "raw", "write depth 32")]
