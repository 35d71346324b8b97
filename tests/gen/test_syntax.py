# SPDX-License-Identifier: Apache-2.0
"""What is no devicetree source is refused with its line, whichever tool found it out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402

GOOD = '/ {\n  app {\n    compatible = "osier,app";\n    uses = "console";\n  };\n};\n'
# By what is said of it: the source and the line.
WRONG = {
    "this file is UTF-16 text": (GOOD.encode("utf-16"), 1),
    "this file is UTF-32 text": (GOOD.encode("utf-32"), 1),
    "this line is not UTF-8 text": (GOOD.replace("console", "konsol\xe9").encode("latin-1"), 4),
    "this is no devicetree syntax": (GOOD[:GOOD.index(";\n  };")].encode(), 4),
    "Character literal has 2 characters": (GOOD.replace('"console"', "<'ab'>").encode(), 4),
    r"\x stands before what is no hexadecimal digit": (GOOD.replace("console", r"\xzz").encode(), 4),
}


@pytest.mark.parametrize("words", WRONG)
def test_the_line_is_told(words: str, tmp_path: Path) -> None:
    source, line = WRONG[words]
    app = tmp_path / "app"
    app.mkdir()
    (app / "app.dtsi").write_bytes(source)
    with pytest.raises(Refused) as refused:
        compile_image(ROOT / "dts/virt-arm64.dts", app)
    problem = refused.value.problems[0]
    assert words in problem.what and problem.why and problem.fix
    assert str(problem.place) == f"{app}/app.dtsi:{line}"


def test_what_is_too_long_to_be_read_is_shortened(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "app.dtsi").write_text(GOOD.replace("console", "x" * 10_000))
    with pytest.raises(Refused) as refused:
        compile_image(ROOT / "dts/virt-arm64.dts", app)
    told = str(refused.value.problems[0])
    assert len(told) < 1000 and 'the role "xxx' in told and told.endswith("rtc, timer")
