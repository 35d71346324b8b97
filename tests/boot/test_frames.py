# SPDX-License-Identifier: Apache-2.0
"""Raw Ethernet frames: what the image sends is on the wire byte for byte, and what comes is echoed."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import frames
from guest import boot
from wire import Wire

SHORTEST, LONGEST, COUNT = 60, 1514, 1000
LOCAL_EXPERIMENT = b"\x88\xb5"
WIRE_TYPE_ETHERNET = 1


def expected(number: int) -> bytes:
    """The frame that apps/frames sends as its nth."""
    length = SHORTEST + number * 11 % (LONGEST - SHORTEST + 1)
    head = frames.BROADCAST + frames.GUEST_MAC + LOCAL_EXPERIMENT + struct.pack(">H", number)
    return head + bytes((at * 31 + number) & 0xff for at in range(len(head), length))


def read_dump(file: Path) -> list[bytes]:
    """The frames of a pcap file, as QEMU's filter-dump writes it."""
    data = file.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack_from("=IHHiIII", data)
    assert (magic, link) == (0xa1b2c3d4, WIRE_TYPE_ETHERNET)
    found, at = [], 24
    while at < len(data):
        kept, length = struct.unpack_from("=II", data, at + 8)
        assert kept == length, "the dump has cut a frame off"
        found.append(data[at + 16:at + 16 + kept])
        at += 16 + kept
    return found


def test_a_thousand_frames_are_in_the_dump(image, machine: str, tmp_path: Path) -> None:
    dump = tmp_path / "dump.pcap"
    with boot(image(machine, "frames"), "--", "-object",
              f"filter-dump,id=dump,netdev=net0,file={dump}") as guest:
        assert guest.end() == 0
        assert "sent 1000" in guest.output
    sent = [frame for frame in read_dump(dump) if frame[6:12] == frames.GUEST_MAC]
    assert len(sent) == COUNT
    assert {SHORTEST, LONGEST} <= {len(frame) for frame in sent}
    for number, frame in enumerate(sent):
        assert frame == expected(number), f"frame {number}"


def test_every_frame_comes_back(image, machine: str) -> None:
    generator = random.Random(3)
    with Wire() as wire, boot(image(machine, "raw-echo"), net=wire.net) as guest:
        guest.wait_for("raw-echo: at ")
        for length in [60, 61, 64, 100, 1513, 1514, *(generator.randint(60, 1514) for _ in range(200))]:
            frame = frames.GUEST_MAC + frames.CLIENT_MAC + generator.randbytes(length - 12)
            wire.send(frame)
            answer = wire.expect(lambda got: got[:6] == frames.CLIENT_MAC)
            assert answer == frames.CLIENT_MAC + frames.GUEST_MAC + frame[12:]
