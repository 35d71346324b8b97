# SPDX-License-Identifier: Apache-2.0
"""A malformed binding.yaml is refused with its line and a way out, never left out in silence."""

from __future__ import annotations

import sys
from pathlib import Path

import dtschema
import jsonschema
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.problem import Refused  # noqa: E402
from gen.validate import check_binding  # noqa: E402

GOOD = (ROOT / "drivers/pl011/binding.yaml").read_text()
MALFORMED = {
    "this is no YAML": GOOD.replace("properties:\n", "properties: [\n", 1).encode(),
    "this is not UTF-8 text": b"\xff\xff",
    "it has no $schema": GOOD.replace("$schema", "schema").encode(),
    "this is no valid binding": GOOD.replace("maxItems: 1", "maxItem: 1", 1).encode(),
    "it must match the path": GOOD.replace("pl011/binding.yaml#", "pl012/binding.yaml#").encode(),
}


@pytest.fixture(autouse=True)
def before_any_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bindings are checked before dtschema is given them; afterwards it knows nothing else."""
    resolver = jsonschema.RefResolver("", None, handlers=dtschema.lib.handlers)
    monkeypatch.setattr(dtschema.lib, "schema_cache", {})
    monkeypatch.setattr(dtschema.DTValidator, "resolver", resolver)


@pytest.mark.parametrize("words", MALFORMED)
def test_malformed_binding_is_refused(words: str, tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gen.validate.ROOT", tmp_path)
    file = tmp_path / "drivers/pl011/binding.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(MALFORMED[words])
    with pytest.raises(Refused) as refused:
        check_binding(file)
    problem = refused.value.problems[0]
    assert words in str(problem) and str(file) in str(problem.place) and problem.fix


def test_a_good_one_is_accepted() -> None:
    check_binding(ROOT / "drivers/pl011/binding.yaml")
