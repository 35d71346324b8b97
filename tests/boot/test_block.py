# SPDX-License-Identifier: Apache-2.0
"""Disks: the image file on the host is what the guest wrote, byte for byte, and the other way round."""

from __future__ import annotations

import shutil
from pathlib import Path

import frames
import pytest
from frames import CLIENT
from guest import Guest, boot, qemu_command

SECTOR = 512
SIZE = 0x400000  # the app's disk-size
NOTE = 1         # the sector that the app only reads


def byte_of(sector: int, at: int) -> int:
    """As in apps/block/main.cpp."""
    return (sector * 7 + (sector >> 8) + at ^ at >> 8) & 0xff


def sector_of(number: int) -> bytes:
    return bytes(byte_of(number, at) for at in range(SECTOR))


def written(sectors: int) -> set[int]:
    """The sectors that the app writes, as in apps/block/main.cpp."""
    found = {0, sectors - 1}
    for mixed in range(1, 8 * 8 + 1):
        start = 2 + ((mixed * 0x9e3779b97f4a7c15 & (1 << 64) - 1) >> 32) % (sectors - 8 - 2)
        found |= set(range(start, start + 8))
    return found


def expected_disk(before: bytes) -> bytes:
    after = bytearray(before)
    for number in written(len(before) // SECTOR):
        after[number * SECTOR:(number + 1) * SECTOR] = sector_of(number)
    return bytes(after)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A disk whose every byte tells where it is, but for an empty note."""
    file = tmp_path / "disk.img"
    content = bytearray(at * 31 + (at >> 9) & 0xff for at in range(SIZE))
    content[NOTE * SECTOR:(NOTE + 1) * SECTOR] = bytes(SECTOR)
    file.write_bytes(content)
    return file


def run(image: Path, spec: str, status: int) -> str:
    with boot(image, "--disk", spec) as guest:
        assert guest.end() == status, guest.output
        return guest.output


def test_the_file_is_what_was_written(image, machine: str, disk: Path) -> None:
    before = disk.read_bytes()
    run(image(machine, "block"), str(disk), 0)
    assert disk.read_bytes() == expected_disk(before)


def test_what_the_host_edits_between_boots_is_read(image, machine: str, disk: Path) -> None:
    folder = image(machine, "block")
    for note in ("first words", "and other ones, which are longer"):
        with disk.open("r+b") as opened:
            opened.seek(NOTE * SECTOR)
            opened.write(note.encode().ljust(SECTOR, b"\0"))
        assert f'the note in sector {NOTE} says "{note}"' in run(folder, str(disk), 0)


def test_a_larger_disk_is_used_to_its_end(image, disk: Path) -> None:
    with disk.open("ab") as opened:
        opened.truncate(SIZE + 5 * SECTOR)
    before = disk.read_bytes()
    assert f"{SIZE // SECTOR + 5} sectors" in run(image("virt-arm64", "block"), str(disk), 0)
    assert disk.read_bytes() == expected_disk(before)


def test_a_read_only_disk_says_so_and_stays_as_it_is(image, machine: str, disk: Path) -> None:
    before = disk.read_bytes()
    said = run(image(machine, "block"), f"{disk},readonly=on", 2)
    assert "disk" in said.splitlines()[-1] and said.endswith("sector 0: read-only\n")
    assert "block: /" in said.splitlines()[-1], "it names the node"
    assert disk.read_bytes() == before


def test_a_smaller_disk_is_refused_at_boot(image, machine: str, disk: Path) -> None:
    with disk.open("r+b") as opened:
        opened.truncate(SIZE - SECTOR)
    said = run(image(machine, "block"), str(disk), 70)
    assert said.startswith("panic: /") and "disk" in said.split(":")[1]
    assert f"expected a disk of at least {SIZE} bytes, found one of {SIZE - SECTOR}\n" in said


def failing(image: Path, disk: Path, event: str) -> list[str]:
    """QEMU's command with that disk, whose file fails the first time that QEMU does this with it."""
    command = qemu_command(image, "--disk", str(disk))
    at = command.index("-blockdev") + 1
    rules = f"driver=raw,node-name=disk0,file.driver=blkdebug,file.inject-error.0.event={event}," \
        f"file.inject-error.0.errno=5,file.image.driver=file,file.image.filename={disk}"
    device = command.index("-device", at) + 1
    command[at], command[device] = rules, command[device] + ",werror=report,rerror=report"
    return command


def test_an_input_output_error_is_a_value(image, machine: str, disk: Path) -> None:
    """QEMU fails the first write; the app says so and ends by itself."""
    with Guest(failing(image(machine, "block"), disk, "write_aio")) as guest:
        guest.end()  # QEMU's own status, which only `run` translates
        assert guest.output.endswith("sector 0: input/output error\n")


def test_a_flush_reaches_the_disk_and_nothing_else_flushes_it(
        image, machine: str, disk: Path, tmp_path: Path) -> None:
    """QEMU fails each flush of the file. Were the disk write-through, that would fail a write."""
    before, log = disk.read_bytes(), tmp_path / "trace"
    traced = [word for event in ("handle_read", "handle_write", "req_complete")
              for word in ("-trace", f"virtio_blk_{event}")]
    with Guest([*failing(image(machine, "block"), disk, "flush_to_disk"), *traced, "-D", str(log)]) as guest:
        guest.end()  # as above
        assert guest.output.endswith("block: flush: input/output error\n"), guest.output
    assert disk.read_bytes() == expected_disk(before), "the writes before it were done"
    events = log.read_text()
    transfers = events.count("virtio_blk_handle_read") + events.count("virtio_blk_handle_write")
    assert events.count("virtio_blk_req_complete") == transfers + 1, "one request was a flush"


@pytest.mark.xdist_group("own disk")
def test_without_a_disk_named_a_sparse_file_is_made(image, tmp_path: Path) -> None:
    built = image("virt-arm64", "block")
    file = built / "disk0.img"
    file.unlink(missing_ok=True)
    with boot(built) as guest:
        assert guest.end() == 0, guest.output
    assert file.stat().st_size == SIZE
    assert file.stat().st_blocks * 512 < SIZE / 2, "it is not sparse"
    kept = file.read_bytes()
    assert kept == expected_disk(bytes(SIZE))
    shutil.copy(file, tmp_path)
    with boot(built) as guest:
        assert guest.end() == 0
    assert file.read_bytes() == kept


def test_a_null_disk_forgets(image) -> None:
    said = run(image("virt-arm64", "block"), "null:4M", 2)
    assert "other bytes than were written" in said


@pytest.mark.parametrize("spec, said", [
    ("/nonexistent/disk.img", "does not exist"), ("null:many", "the size is a number"),
    ("null:", "the size is a number"), ("a.img,readonly=maybe", "readonly is on or off")])
def test_a_disk_that_cannot_be_is_refused(image, spec: str, said: str) -> None:
    assert said in run(image("virt-arm64", "block"), spec, 125)


def test_a_disk_too_many_is_refused(image) -> None:
    with boot(image("virt-arm64", "block"), "--disk", "null:4M", "--disk", "null:4M") as guest:
        assert guest.end() == 125
        assert "--disk is given 2 times, the image has 1 disks" in guest.output


def test_another_device_in_the_disks_place_is_named(image, machine: str) -> None:
    command = qemu_command(image(machine, "block"), "--disk", "null:4M")
    at = command.index("-device") + 1
    options = [part for part in command[at].split(",") if part.split("=")[0] in ("bus", "addr", "disable-legacy")]
    command[at] = ",".join([command[at].split(",")[0].replace("blk", "rng"), *options])
    with Guest(command) as guest:
        guest.end()  # as above
        assert guest.output.startswith("panic: /") and "expected" in guest.output


def ask(wire, payload: bytes) -> bytes:
    wire.send(frames.datagram(payload, CLIENT, 7))
    return frames.read_udp(wire.expect(frames.is_udp)).payload


def test_disk_and_network_work_together(start, machine: str) -> None:
    """On a machine with PCI both may be on one line; each answer needs an interrupt of each."""
    wired = start(machine, "disk")
    wired.guest.wait_for("disk: ready")
    assert ask(wired.wire, b"discard") == b"done"
    assert ask(wired.wire, b"a first") == bytes(SECTOR)
    for round_ in range(50):
        old = b"a first" if round_ == 0 else b"a%d" % (round_ - 1)
        assert ask(wired.wire, b"a%d" % round_).rstrip(b"\0") == old
    assert ask(wired.wire, b"flush") == b"done"
    assert ask(wired.wire, b"discard") == b"done"
    assert ask(wired.wire, b"a").rstrip(b"\0") == b""
    wired.wire.send(frames.datagram(b"end", CLIENT, 7))
    assert wired.guest.end() == 0
