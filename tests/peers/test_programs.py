# SPDX-License-Identifier: Apache-2.0
"""The Linux guest's programs, built static as for the guest, run on the host."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK, BLOCKS, REQUESTS = 4096, 64, 200
IO_URING_SETUP = 425  # the number of the system call, on every architecture


@pytest.fixture(scope="module", params=["init", "udp_echo", "block_io"])
def any_program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(request.param, tmp_path_factory.mktemp("programs"))


def build(name: str, folder: Path) -> Path:
    program = folder / name
    done = subprocess.run(["clang-19", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-static",
                           ROOT / f"bench/peers/linux/{name}.c", "-o", program],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return program


def test_a_wrong_call_is_told_and_harmless(any_program: Path) -> None:
    """Above all `init`: it would power the host off."""
    done = subprocess.run([any_program], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert re.match(r"usage: |init: this is a guest's first process", done.stderr)


@contextmanager
def echo_server(program: Path, batch: int) -> Iterator[socket.socket]:
    """The program on a free port, and a socket connected to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with subprocess.Popen([program, str(port), str(batch)], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == f"udp-echo: listening on port {port}, batches of {batch}\n"
            client.connect(("127.0.0.1", port))
            client.settimeout(30)
            try:
                yield client
            finally:
                server.kill()


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_every_datagram_comes_back(tmp_path: Path, batch: int) -> None:
    lengths = [0, 1, 64, 1472]
    with echo_server(build("udp_echo", tmp_path), batch) as client:
        for first in range(0, 400, 40):
            sent = [os.urandom(lengths[number % 4]) for number in range(first, first + 40)]
            for datagram in sent:
                client.send(datagram)
            assert [client.recv(4096) for _ in sent] == sent


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk whose blocks hold their numbers. Not in /tmp: that may not know O_DIRECT."""
    folder = ROOT / "build/test/peers"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for number in range(BLOCKS):
            file.write(number.to_bytes(4, "little") + bytes(BLOCK - 4))
        file.flush()
        yield Path(file.name)


def io_uring_is_allowed() -> bool:
    """Containers often forbid it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(IO_URING_SETUP, 1, None)
    return ctypes.get_errno() == errno.EFAULT


def run_block_io(folder: Path, disk: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([build("block_io", folder), disk, str(REQUESTS)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)


def test_the_four_loops_of_the_disk(tmp_path: Path, disk: Path) -> None:
    done = run_block_io(tmp_path, disk)
    if not io_uring_is_allowed():
        assert done.returncode == 1 and "io_uring_setup: " in done.stdout
        return
    assert done.returncode == 0, done.stdout
    loops = re.findall(r"block-io: (\w+ \d+)\nblock-io: (\d+) requests in (\d+) ns, (\d+) a second\n"
                       r"block-io: half within (\d+) ns, 99 % within (\d+) ns\n", done.stdout)
    assert [loop[0] for loop in loops] == ["read 1", "write 1", "read 32", "write 32"]
    for _, requests, took, rate, half, most in loops:
        assert int(requests) == REQUESTS and int(rate) == REQUESTS * 10**9 // int(took)
        assert 0 < int(half) <= int(most)
    written = disk.read_bytes()
    signs = [int.from_bytes(written[at + 4:at + 8], "little") for at in range(0, len(written), BLOCK)]
    assert [int.from_bytes(written[at:at + 4], "little") for at in range(0, len(written), BLOCK)] == list(range(BLOCKS))
    assert max(signs) > REQUESTS // 2, "the last writes are in the file"


def test_a_block_that_is_another_ends_it(tmp_path: Path, disk: Path) -> None:
    with disk.open("r+b") as file:
        for number in range(BLOCKS):
            if number != 1:  # that one says whether there are numbers
                file.seek(number * BLOCK)
                file.write((number + 1).to_bytes(4, "little"))
    done = run_block_io(tmp_path, disk)
    if io_uring_is_allowed():
        assert done.returncode == 2 and re.search(r"block-io: block \d+: result 4096, number \d+", done.stdout)
