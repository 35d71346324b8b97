# SPDX-License-Identifier: Apache-2.0
"""The command that Ninja runs to generate one image's files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.pycache_prefix = str(Path(__file__).resolve().parent.parent / "build/.pycache")

from gen.emit import emit, input_files, write_depfile  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import status_of  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dts", type=Path, required=True, help="the machine file")
    parser.add_argument("--app", type=Path, required=True, help="the folder of the app")
    parser.add_argument("--out", type=Path, required=True, help="the build folder of the image")
    parser.add_argument("--depfile", type=Path, required=True)
    arguments = parser.parse_args()
    return status_of(lambda: generate(arguments))


def generate(arguments: argparse.Namespace) -> int:
    image = compile_image(arguments.dts, arguments.app)
    emit(image, arguments.out.resolve())
    write_depfile(input_files(image), arguments.depfile, f"{arguments.out}/generated/machine.hpp")
    return 0


if __name__ == "__main__":
    sys.exit(main())
