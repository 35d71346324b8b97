# SPDX-License-Identifier: Apache-2.0
"""What src/arch/<isa>/arch.yaml says: flags, folders, widths, the CPU's interrupts."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from gen.load import Tree
from gen.problem import ROOT


@cache
def architecture_facts(architecture: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "src/arch" / architecture / "arch.yaml").read_text())


@cache
def architectures() -> list[str]:
    return sorted(file.parent.name for file in (ROOT / "src/arch").glob("*/arch.yaml"))


def compiler_flags(architecture: str, isa: str | None, profile: str) -> str:
    """What code for the architecture is compiled with, beside the profile's own flags."""
    facts = architecture_facts(architecture)
    parts = [facts["flags"], f"-march={isa}" if isa else "",
             facts.get("profile-flags", {}).get(profile, "")]
    return " ".join(filter(None, parts))


def source_folders(architecture: str) -> list[str]:
    """The folders whose sources belong to the architecture, its own first."""
    return [f"src/arch/{architecture}", *architecture_facts(architecture).get("sources", [])]


def facts_of(tree: Tree) -> dict[str, Any]:
    """The facts of the tree's machine; none where its architecture is unknown."""
    machine = tree.nodes.get("/machine")
    name = (machine.strings("architecture") or [""])[0] if machine else ""
    return architecture_facts(name) if name in architectures() else {}


def firmware(tree: Tree) -> str | None:
    """The firmware that starts images of the tree's machine, if any does."""
    machine = tree.nodes.get("/machine")
    return (machine.strings("firmware") or [None])[0] if machine else None


def bare_entry(tree: Tree) -> str | None:
    """The function that the image begins with, at the base of RAM, where no firmware starts it and the
    architecture has one for that."""
    return None if firmware(tree) else facts_of(tree).get("without-firmware", {}).get("entry")


def address_limit(tree: Tree) -> int:
    """The first address that the CPU of the tree's machine cannot form."""
    return 1 << facts_of(tree).get("address-bits", 64)


def cpu_interrupt(tree: Tree, purpose: str) -> int | None:
    """The number of the CPU's interrupt for a purpose, on the tree's machine."""
    return facts_of(tree).get("interrupts", {}).get(purpose)
