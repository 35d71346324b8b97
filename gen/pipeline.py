# SPDX-License-Identifier: Apache-2.0
"""One machine and one app through all the passes, from source files to the model."""

from __future__ import annotations

from pathlib import Path

from gen.architecture import architectures
from gen.build import build
from gen.check import check
from gen.claim import Plan, make_plan
from gen.load import Node, Tree, load
from gen.model import Image
from gen.problem import ROOT, Place, Problem, Refused, nearest, shown_path
from gen.spelling import misspelt
from gen.validate import validate


def compile_image(machine_file: Path, app_folder: Path) -> Image:
    """The model of the image, or Refused with everything that is wrong with it."""
    tree = load(machine_file, app_folder / "app.dtsi")
    app = tree.nodes.get("/app")
    problems = machine_problems(tree, machine_file)
    if app is None:
        place = Place(shown_path(app_folder / "app.dtsi"), 1)
        close = nearest("app", [n.name for n in tree.root.children.values()
                                if n.place.file == place.file])
        raise Refused(*problems, Problem(place, "/app", "there is no app node",
                                         "it states what the application uses",
                                         f"nearest: /{close}" if close else "/ { app { … }; };"))
    problems += unnamed(app, "osier,app")
    plan, found = make_plan(tree, app)
    problems += found
    invalid = validate(tree, nodes_to_validate(plan))
    problems += invalid
    told = {(p.place, p.path) for p in problems}
    problems += [p for p in check(plan) if (p.place, p.path) not in told]
    if problems:
        raise Refused(*problems, *misspelt(tree, problems))
    return build(plan, machine_file, app_folder)


def nodes_to_validate(plan: Plan) -> list[Node]:
    """What the image claims, and what is about the image itself."""
    own = [plan.tree.nodes[path] for path in ("/machine", "/app") if path in plan.tree.nodes]
    return [*own, *(claim.node for claim in plan.claims)]


def unnamed(node: Node, compatible: str) -> list[Problem]:
    """A node of ours that no binding would be found for."""
    if node.strings("compatible") == [compatible]:
        return []
    return [Problem(node.at("compatible"), node.path,
                    f"the node is not compatible with {compatible}",
                    "its binding is found by that", f'nearest: compatible = "{compatible}"')]


def machine_problems(tree: Tree, machine_file: Path) -> list[Problem]:
    """The machine node has to say for which architecture the image is built."""
    place, node = Place(shown_path(machine_file), 1), tree.nodes.get("/machine")
    if node is None:
        return [Problem(place, "/machine", "there is no machine node",
                        "it names the architecture and the QEMU machine",
                        'machine { compatible = "osier,machine"; architecture = "…"; };')]
    if unnamed(node, "osier,machine"):
        return unnamed(node, "osier,machine")
    known = architectures()
    wanted = (node.strings("architecture") or [""])[0]
    if node.get("architecture") and wanted not in known:
        return [Problem(node.at("architecture"), node.path,
                        f'the architecture "{wanted}" has no folder in src/arch/',
                        "its code is there",
                        f'nearest: "{nearest(wanted, known) or known[0]}"')]
    return []
