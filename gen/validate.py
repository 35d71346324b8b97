# SPDX-License-Identifier: Apache-2.0
"""Holds the claimed nodes against their bindings, with dtschema, and says it in our words."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import dtschema
import dtschema.dtb
import jsonschema
import ruamel.yaml

from gen import hardware
from gen.load import Node, Property, Tree
from gen.problem import ROOT, Place, Problem, Refused, nearest, shown_path

BASE = "http://devicetree.org/schemas/"
FORMS = {"flag": "flag", "string": "string", "uint8": "bytes"}
WORDS = {"flag": "a flag, without a value", "string": "text in quotes",
         "cells": "numbers in <>", "bytes": "bytes in []", "mixed": "of several kinds"}
SCALARS = {"uint8": 1, "uint16": 2, "uint32": 4, "int32": 4, "phandle": 4, "uint64": 8}


def binding_files() -> list[Path]:
    """Every binding of the project."""
    return sorted([*(ROOT / "drivers").glob("*/binding.yaml"),
                   *(ROOT / "dts/schemas").glob("*.yaml")])


def load_bindings() -> dict[str, Any]:
    """The processed bindings; kept in build/ under a name made of their content."""
    files = binding_files()
    digest = hashlib.sha256(dtschema.__version__.encode())
    for file in files:
        digest.update(shown_path(file).encode() + file.read_bytes())
    kept = ROOT / "build" / f".bindings-{digest.hexdigest()[:16]}.json"
    if kept.is_file():
        return dtschema.set_schemas([str(kept)])
    for file in files:
        check_binding(file)
    schemas = dtschema.set_schemas([str(file) for file in files])
    kept.parent.mkdir(exist_ok=True)
    for old in kept.parent.glob(".bindings-*.json"):
        old.unlink(missing_ok=True)
    scratch = kept.with_suffix(".new")
    scratch.write_text(json.dumps(schemas))
    scratch.replace(kept)
    return dtschema.set_schemas([str(kept)])


def check_binding(file: Path) -> None:
    """Refuse a malformed binding, which dtschema itself would silently leave out."""
    shown = shown_path(file)
    try:
        binding = dtschema.lib.rtyaml.load(file.read_text())
    except UnicodeDecodeError:
        raise Refused(Problem(Place(shown), "", "this is not UTF-8 text", "a binding is",
                              "save the file as UTF-8")) from None
    except ruamel.yaml.error.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Refused(Problem(Place(shown, line), "", "this is no YAML",
                              str(error.problem), "look at this line")) from None
    error = next(iter(dtschema.DTValidator.iter_schema_errors(binding)), None) \
        if isinstance(binding, dict) and "$schema" in binding else "it has no $schema"
    if error is not None:
        line = error.linecol[0] + 1 if hasattr(error, "linecol") else 1
        what = getattr(error, "message", error)
        where = " > ".join(map(str, getattr(error, "absolute_path", ())))
        raise Refused(Problem(Place(shown, max(line, 1)), "",
                              "this is no valid binding" + (f", at {where}" if where else ""),
                              what if len(what) < 160 else what[:157] + "...",
                              "drivers/pl011/binding.yaml is an example"))
    base = ROOT / ("drivers" if file.name == "binding.yaml" else "dts/schemas")
    wanted = f"{BASE}{file.relative_to(base)}#"
    if binding.get("$id") != wanted:
        raise Refused(Problem(Place(shown, 1), "", f"$id is {binding.get('$id')}",
                              "it must match the path", f"$id: {wanted}"))


def validate(tree: Tree, nodes: list[Node]) -> list[Problem]:
    """Problems of these nodes (and of their children, where their binding describes them)."""
    schemas = load_bindings()
    ours = {f"{BASE}{f.parent.name}/{f.name}#" for f in binding_files() if f.name == "binding.yaml"}
    ours |= {f"{BASE}{f.name}#" for f in binding_files() if f.name != "binding.yaml"}
    if wrong_above := nexuses(nodes):
        raise Refused(*wrong_above)  # no interrupt below can be read
    problems: list[Problem] = []
    for node in nodes:
        wrong = wrong_forms(node)
        problems += wrong
        instance = as_instance(tree, node)
        for name in sorted(ours & schemas.keys()):
            problems += held_against(schemas[name], node, instance,
                                     {(p.place, p.path) for p in wrong})
    return list(dict.fromkeys(problems))


def nexuses(nodes: list[Node]) -> list[Problem]:
    """What routes the interrupts of these nodes has interrupts of its own kind (specification of
    the devicetree, 2.4.3)."""
    above = {up.path: up for node in nodes for up in [node, *hardware.ancestors(node)]}
    return [Problem(up.at("interrupt-map"), up.path, "interrupt-map routes no interrupts",
                    f"{up.cite()} has no #interrupt-cells, which say how those of its children "
                    "are written", "/delete-property/ interrupt-map;, or the bridge's node for it")
            for up in above.values()
            if up.get("interrupt-map") and not up.get("#interrupt-cells")]


def wrong_forms(node: Node) -> list[Problem]:
    """Properties of the node and its children that are not written as the binding types them."""
    found = []
    for owner in node.walk():
        for item in owner.properties.values():
            wanted = {FORMS.get(kind.split("-")[0], "cells")
                      for kind in dtschema.property_get_type(item.name) if kind != "node"}
            if wanted and not item.data and "flag" not in wanted:
                found.append(Problem(item.place, owner.path, f"{item.name} has no value",
                                     "the binding wants "
                                     f"{' or '.join(WORDS[w] for w in sorted(wanted))}",
                                     better_form(item, sorted(wanted)[0])))
            elif wanted and item.form not in wanted and not size_fits(item):
                found.append(form_problem(owner, item, wanted))
            elif item.form == "cells" and not size_fits(item):
                found.append(Problem(item.place, owner.path,
                                     f"{item.name} has {len(item.cells())} values, it is one "
                                     "number",
                                     "the binding types it so", f"{item.name} = <{first(item)}>"))
    return found


def first(item: Property) -> int:
    return item.cells()[0] if item.cells() else 0


def size_fits(item: Property) -> bool:
    """Whether the written form and the size are what one of the property's types takes."""
    kinds = [kind for kind in dtschema.property_get_type(item.name) if kind != "node"]
    for kind in kinds:
        base, _, rest = kind.partition("-")
        if item.form != FORMS.get(base, "cells"):
            continue
        size = SCALARS.get(base)
        if size is None or (not rest
                            and len(item.data) == size) or (rest and len(item.data) % size == 0):
            return True
    return not kinds


def form_problem(owner: Node, item: Property, wanted: set[str]) -> Problem:
    choice = sorted(wanted)
    return Problem(item.place, owner.path, f"{item.name} is {WORDS[item.form]}",
                   f"the binding wants {' or '.join(WORDS[w] for w in choice)}",
                   better_form(item, choice[0]))


def better_form(item: Property, choice: str) -> str:
    """The property as it would be written in another form."""
    better = {"string": f'{item.name} = "..."', "cells": f"{item.name} = <...>",
              "bytes": f"{item.name} = [...]", "flag": f"{item.name};"}
    if item.form == "string" and item.data and item.strings()[0].isdigit():
        better["cells"] = f"{item.name} = <{item.strings()[0]}>"
    return better[choice]


class Blob:
    """A property as dtschema's reader wants it: a name and bytes."""

    def __init__(self, item: Property) -> None:
        self.name, self.data = item.name, item.data

    def __len__(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return self.data


def as_instance(tree: Tree, node: Node) -> dict[str, Any]:
    """The node as dtschema sees it: typed by the bindings, `reg` and `interrupts` in entries."""
    instance: dict[str, Any] = {"$nodename": [node.name or "/"]}
    for item in node.properties.values():
        instance[item.name] = value_of(node, item)
    split(instance, "reg", entry_width(node))
    specifiers = hardware.interrupts(tree, node)
    if "interrupts" in instance and specifiers:
        instance["interrupts"] = [[dtschema.sized_int(c) for c in s.cells] for s in specifiers]
    for name, child in node.children.items():
        instance[name] = as_instance(tree, child)
    return instance


def value_of(node: Node, item: Property) -> Any:
    """The typed value; text in place of one whose form is wrong, which is reported elsewhere."""
    if item.form == "string" and item.data:
        return item.strings()
    if not item.data and "flag" not in dtschema.property_get_type(item.name):
        return ["unreadable"]
    if item.form == "mixed" or not (size_fits(item) or item.form == "flag"):
        return ["unreadable"]
    return dtschema.dtb.prop_value(node.name, Blob(item))


def entry_width(node: Node) -> int:
    bus = node.parent
    return hardware.entry_cells(bus) if bus else 0


def split(instance: dict[str, Any], name: str, width: int) -> None:
    if name in instance and width and isinstance(instance[name], list):
        cells = [cell for row in instance[name] for cell in row]
        instance[name] = [cells[i:i + width] for i in range(0, len(cells), width)]


def held_against(schema: dict[str, Any], node: Node, instance: dict[str, Any],
                 known: set[tuple[Place, str]]) -> list[Problem]:
    """The errors of one binding, if it selects the node, less those that are already known."""
    if not dtschema.DTValidator(schema["select"]).is_valid(instance):
        return []
    found = []
    for error in dtschema.DTValidator(schema).iter_errors(instance):
        for problem in explain(node, error):
            if (problem.place, problem.path) not in known:
                found.append(problem)
    return found


def explain(node: Node, error: jsonschema.ValidationError) -> list[Problem]:
    """One schema error in our words; the path of the error leads to the node and property."""
    steps = list(error.absolute_path)
    owner = node
    while steps and steps[0] in owner.children:
        owner = owner.children[steps.pop(0)]
    name = steps[0] if steps and isinstance(steps[0], str) else None
    if error.validator == "required":
        return [missing(owner, error)]
    # Of both the schemas say that there is one too many, or count their sum.
    neither_or_both = error.validator == "oneOf" and name is None
    if (neither_or_both or name == "interrupts") and owner.get("interrupts") \
            and owner.get("interrupts-extended"):
        return [both_interrupts(owner)]
    if neither_or_both:
        return [Problem(owner.place, owner.path, "interrupts is missing",
                        "the binding requires it", "interrupts = <...>")]
    if error.validator == "additionalProperties" and name is None:
        return unknown(owner, error)
    if name is None:
        return [Problem(owner.place, owner.path, error.message, "its binding wants it otherwise",
                        "the form that the binding describes")]
    if error.validator == "type" and "additionalProperties" in error.absolute_schema_path:
        return [unknown_name(owner, name, error.parent and list(error.parent.schema) or
                             list(known_names(node, owner)))]
    return [bad_value(owner, name, error)]


def known_names(top: Node, owner: Node) -> list[str]:
    """The property names that the binding of `owner` has, searched from the node validated."""
    for schema in dtschema.lib.schema_cache.values():
        if not isinstance(schema, dict) or not schema.get("$id", "").startswith(BASE):
            continue
        if "select" not in schema or schema["select"] in (True, False):
            continue
        sample = {"compatible": top.strings("compatible"), "$nodename": [top.name]}
        if not dtschema.DTValidator(schema["select"]).is_valid(sample):
            continue
        inner, path = schema, owner.path[len(top.path):].strip("/").split("/")
        for step in [part for part in path if part]:
            inner = inner.get("properties", {}).get(step) or inner.get("additionalProperties") or {}
        if isinstance(inner, dict):
            return [n for n in inner.get("properties", {}) if n not in HIDDEN
                    and not n.startswith("$")]
    return []


HIDDEN = {"phandle", "status", "secure-status", "pinctrl-names", "interrupts-extended",
          "assigned-clocks", "assigned-clock-rates", "assigned-clock-parents"}


def both_interrupts(owner: Node) -> Problem:
    return Problem(owner.at("interrupts-extended"), owner.path,
                   "both interrupts and interrupts-extended are there",
                   f"interrupts at {owner.at('interrupts')} would be ignored",
                   "/delete-property/ interrupts")


def missing(owner: Node, error: jsonschema.ValidationError) -> Problem:
    name = error.message.split("'")[1]
    described = error.schema.get("properties", {}).get(name, {})
    choice = choices(described)
    forms = {"string": f'{name} = "..."', "flag": f"{name};", "uint8": f"{name} = [...]"}
    kind = next(iter(dtschema.property_get_type(name)), "").split("-")[0]
    fix = forms.get(kind, f"{name} = <...>")
    if choice and isinstance(choice[0], str):
        fix = f'nearest: {name} = "{choice[0]}"'
    return Problem(owner.place, owner.path, f"{name} is missing", "the binding requires it", fix)


def choices(schema: Any) -> list[Any]:
    """The constant values that a schema allows, wherever it says so."""
    if isinstance(schema, list):
        return [value for part in schema for value in choices(part)]
    if not isinstance(schema, dict):
        return []
    own = list(schema.get("enum", [])) + ([schema["const"]] if "const" in schema else [])
    return own + [v for key in ("items", "prefixItems", "allOf", "anyOf", "oneOf")
                  for v in choices(schema.get(key))]


def unknown(owner: Node, error: jsonschema.ValidationError) -> list[Problem]:
    known = set(error.schema.get("properties", {}))
    patterns = error.schema.get("patternProperties", {})
    names = [*owner.properties, *owner.children]
    extra = [n for n in names if n not in known and not any(re.search(p, n) for p in patterns)]
    shown = [n for n in known if n not in HIDDEN and not n.startswith("$")]
    return [unknown_name(owner, name, shown) for name in extra]


def unknown_name(owner: Node, name: str, known: list[str]) -> Problem:
    noun = "node" if name in owner.children else "property"
    place = owner.children[name].place if noun == "node" else owner.at(name)
    path = owner.children[name].path if noun == "node" else owner.path
    close = nearest(name, known)
    listing = f"known here: {', '.join(sorted(known))}" if known else "leave it out"
    return Problem(place, path, f"the {noun} {name} is unknown",
                   "the binding has none of this name",
                   f"nearest: {close}" if close else listing)


def bad_value(owner: Node, name: str, error: jsonschema.ValidationError) -> Problem:
    item = owner.get(name)
    place = item.place if item else owner.place
    shown, limit = show(error.instance), error.validator_value
    sentences = {
        "minimum": (f"{name} = <{shown}> is too small", f"it is at least {limit}",
                    f"nearest: {limit}"),
        "maximum": (f"{name} = <{shown}> is too large", f"it is at most {limit}",
                    f"nearest: {limit}"),
        "minItems": (f"{name} has {count(error)}", "the binding sets how many",
                     f"nearest: {limit} entr{'y' if limit == 1 else 'ies'}"),
        "maxItems": (f"{name} has {count(error)}", "the binding sets how many",
                     f"nearest: {limit} entr{'y' if limit == 1 else 'ies'}"),
        "uniqueItems": (f"{name} names {twice(error.instance)} twice", "each stands once",
                        f"nearest: {name} = {once(error.instance)}"),
        "pattern": (f'{name} = "{shown}" is not of the wanted form', "the binding sets it",
                    f"text that matches {limit}"),
    }
    if name == "reg" and owner.parent and error.validator in ("minItems", "maxItems"):
        what, why, _ = sentences[error.validator]
        return Problem(place, owner.path, what, f"{why}; {hardware.entry_reason(owner.parent)}",
                       f"{hardware.entry_cells(owner.parent)} cells an entry")
    if error.validator in sentences:
        return Problem(place, owner.path, *sentences[error.validator])
    if error.validator in ("const", "enum"):
        allowed = [limit] if error.validator == "const" else list(limit)
        quote = '"' if isinstance(allowed[0], str) else ""
        close = nearest(str(error.instance), map(str, allowed)) or allowed[0]
        return Problem(place, owner.path, f"{name} = {bracket(shown, quote)} is none of its values",
                       f"they are {', '.join(map(str, allowed))}",
                       f"nearest: {quote}{close}{quote}")
    limits = [e.validator_value for e in error.context or ()
              if e.validator in ("minItems", "maxItems")]
    if item and item.form == "bytes" and limits:
        return Problem(place, owner.path, f"{name} has {len(item.data)} bytes",
                       "the binding sets its length", f"nearest: {max(limits)} bytes")
    note = getattr(error, "note", None)
    return Problem(place, owner.path, f"{name} has a wrong value", str(note or error.message)[:120],
                   "a value of the form that the binding describes")


def twice(values: Any) -> str:
    found = [v for v in values if values.count(v) > 1] if isinstance(values, list) else []
    return f'"{found[0]}"' if found else "a value"


def once(values: Any) -> str:
    """Texts of a list, each at its first place."""
    unique = dict.fromkeys(map(str, values)) if isinstance(values, list) else {}
    return ", ".join(f'"{value}"' for value in unique)


def bracket(shown: str, quote: str) -> str:
    return f'"{shown}"' if quote else f"<{shown}>"


def count(error: jsonschema.ValidationError) -> str:
    entries = len(error.instance) if isinstance(error.instance, list) else 1
    return f"{entries} entr{'y' if entries == 1 else 'ies'}"


def show(value: Any) -> str:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list):
        return " ".join(show(part) for part in value)
    return str(value)
