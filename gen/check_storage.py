# SPDX-License-Identifier: Apache-2.0
"""Rules over the app's disks: how large they are, and the buffers that sectors go through."""

from __future__ import annotations

from collections.abc import Iterator

from gen.claim import Plan, disk_buffers, role_class
from gen.memory import image_room, part_of_image
from gen.problem import Problem
from gen.rules import rule

SECTOR = 512


def disk_roles(plan: Plan) -> list[str]:
    return [role for role in dict.fromkeys(plan.app.strings("uses")) if role_class(role) == "disk"]


@rule
def disks_have_a_size(plan: Plan) -> Iterator[Problem]:
    app, roles = plan.app, disk_roles(plan)
    if roles and app.get("disk-size") is None:
        yield Problem(app.at("uses"), app.path, f'the app uses "{roles[0]}" but has no disk-size',
                      "the image ends at boot where the disk is smaller, and `run` makes a file "
                      "of it",
                      "disk-size = <bytes>;")
    for name in ("disk-size", "disk-buffers", "disk-buffer-size") if not roles else ():
        if app.get(name) is not None:
            yield Problem(app.at(name), app.path, f"{name} is stated, but the app uses no disk",
                          "a disk is a role that it uses", 'nearest: uses = …, "disk0"')


@rule
def disks_hold_whole_sectors(plan: Plan) -> Iterator[Problem]:
    for name in ("disk-size", "disk-buffer-size"):
        found = plan.app.get(name)
        value = plan.app.number(name, SECTOR)
        if found is not None and (value == 0 or value % SECTOR):
            yield Problem(found.place, plan.app.path,
                          f"{name} = {value} bytes is no number of sectors",
                          f"disks are read and written in sectors of {SECTOR} bytes",
                          f"nearest: <{max(1, (value + SECTOR // 2) // SECTOR) * SECTOR}>")


@rule
def disk_buffers_fit_into_memory(plan: Plan) -> Iterator[Problem]:
    """Where they alone are too much: a linker may not even get that far."""
    count, size = disk_buffers(plan.app)
    stated = next((name for name in ("disk-buffers", "disk-buffer-size") if plan.app.get(name)),
                  "uses")
    room = image_room(plan)
    if disk_roles(plan) and room is not None and count * size >= room.span.size:
        yield Problem(plan.app.at(stated), plan.app.path,
                      f"{count} disk buffers of {size} bytes are more than the RAM that the image "
                      "can have",
                      f"they are {part_of_image(room)}",
                      f"nearest: less than {room.span.size} bytes together")
