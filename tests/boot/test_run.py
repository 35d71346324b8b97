# SPDX-License-Identifier: Apache-2.0
"""The contract of `run`: its options, its exit status, and that no QEMU is left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from guest import PATIENCE, QUIET_NET, ROOT, Guest, boot, children_of, is_running, qemu_command, wait_until
from terminal import CTRL_C, Terminal

GREETING = "udp-echo: listening on 10.0.2.15:7\n"


@pytest.fixture
def echo(image) -> Path:
    folder: Path = image("virt-arm64", "udp-echo")
    return folder


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, payload: bytes) -> bytes:
    """Sends a datagram to a port of this host until somebody answers it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.25)
        client.connect(("127.0.0.1", port))
        for _ in range(40):
            try:
                client.send(payload)
                return client.recv(2048)
            except TimeoutError:
                continue
            except ConnectionRefusedError:  # QEMU is not there yet
                time.sleep(0.25)
    raise AssertionError(f"nobody answers on port {port}")


def test_user_networking_forwards_a_port(echo: Path) -> None:
    port = free_port()
    net = f"user,net=10.0.2.0/24,host=10.0.2.2,hostfwd=udp:127.0.0.1:{port}-10.0.2.15:7"
    with boot(echo, net=net) as guest:
        guest.wait_for(GREETING)
        for payload in (b"hi", b"\0" * 64, os.urandom(1472)):
            assert ask(port, payload) == payload


def test_default_network_forwards_8000_and_the_port(echo: Path) -> None:
    said = subprocess.run([echo / "run", "--print"], capture_output=True, text=True, check=True).stdout
    assert "hostfwd=udp:127.0.0.1:8007-10.0.2.15:7" in said
    assert "host=10.0.2.2" in said


def test_printed_command_runs_as_it_is(echo: Path) -> None:
    """From another folder, by a shell."""
    done = subprocess.run([echo / "run", "--net", QUIET_NET, "--print"], capture_output=True, text=True,
                          check=True)
    assert done.stdout.count("\n") == 1
    with Guest(["/bin/sh", "-c", f"cd / && exec {done.stdout}"]) as guest:
        assert guest.wait_for(GREETING) == GREETING


def test_printed_paths_are_absolute(echo: Path) -> None:
    command = qemu_command(echo)
    assert Path(command[0]).is_absolute()
    assert Path(command[command.index("-kernel") + 1]).is_absolute()


def test_runs_from_any_folder(echo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(echo / "run")
    with Guest(["/bin/sh", "-c", f"cd {tmp_path} && exec ./link --net '{QUIET_NET}'"]) as guest:
        guest.wait_for(GREETING)


@pytest.mark.parametrize("arguments", [["--", "-no-such-option"], ["--net", "nonsense"], ["--nonsense"],
                                       ["--", "-M", "nonsense"], ["--net", "user", "--net", "user"],
                                       ["--disk", "null:1M"], ["--accel", "nonsense"]], ids=" ".join)
def test_status_125_where_qemu_does_not_start(echo: Path, arguments: list[str]) -> None:
    net = [] if "--net" in arguments else ["--net", QUIET_NET]
    with Guest([str(echo / "run"), *net, *arguments]) as guest:
        assert guest.end() == 125
        assert "Traceback" not in guest.output and guest.output.strip()


def test_a_taken_port_is_named(echo: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        try:
            taken.bind(("127.0.0.1", 8007))
        except OSError:
            pass  # taken by somebody else: just as well
        with boot(echo, net=None) as guest:
            assert guest.end() == 125
            assert "8007" in guest.output and "--net" in guest.output


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
                         ids=lambda value: getattr(value, "name", str(value)))
def test_a_signal_ends_run_and_qemu(echo: Path, number: signal.Signals, status: int) -> None:
    with boot(echo) as guest:
        guest.wait_for(GREETING)
        qemu = guest.children()
        assert len(qemu) == 1
        guest.process.send_signal(number)
        assert guest.end() == status
        assert not is_running(qemu[0])


def test_ctrl_c_reaches_the_whole_group(echo: Path) -> None:
    """As a terminal does it: `run` and QEMU get the signal at the same time."""
    with Guest(["/usr/bin/setsid", str(echo / "run"), "--net", QUIET_NET]) as guest:
        guest.wait_for(GREETING)
        qemu = guest.children()
        assert len(qemu) == 1
        os.killpg(guest.process.pid, signal.SIGINT)
        assert guest.end() == 130
        assert not is_running(qemu[0])


def test_killing_run_kills_qemu(echo: Path) -> None:
    with boot(echo) as guest:
        guest.wait_for(GREETING)
        qemu = guest.children()
        guest.process.kill()
        guest.process.wait()
        assert wait_until(lambda: not is_running(qemu[0]), PATIENCE)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_runs_without_standard_streams(echo: Path, closed: str) -> None:
    """The network answers, whoever listens to the console; SIGTERM ends it as ever."""
    port = free_port()
    net = f"user,net=10.0.2.0/24,host=10.0.2.2,hostfwd=udp:127.0.0.1:{port}-10.0.2.15:7"
    with Guest(["/bin/sh", "-c", f"exec {echo}/run --net '{net}' {closed}"]) as guest:
        assert ask(port, b"hi") == b"hi"
        guest.process.terminate()
        assert guest.end() == 143


def test_an_id_in_the_backend_is_refused(echo: Path) -> None:
    with boot(echo, net="user,id=mine,restrict=on") as guest:
        assert guest.end() == 125
    assert guest.output == "run: --net user,id=mine,restrict=on: the id is net0, which the image's device names; " \
        "leave id= out\n"


def test_ctrl_c_on_a_terminal(echo: Path) -> None:
    with Terminal([str(echo / "run"), "--net", QUIET_NET], echo) as terminal:
        terminal.wait_for("udp-echo: listening")
        qemu = children_of(terminal.pid)
        assert len(qemu) == 1
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert not is_running(qemu[0])


def test_help(echo: Path) -> None:
    said = subprocess.run([echo / "run", "--help"], capture_output=True, text=True, check=True).stdout
    for option in ("--net", "--disk", "--display", "--accel", "--print"):
        assert option in said


def test_the_report_of_a_fault_is_followed_by_its_places_in_the_source(image) -> None:
    folder = image("virt-arm64", "fault-ro")
    done = subprocess.run([folder / "run"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.count("panic: ")) == (70, 1), done.stdout
    source = (ROOT / "apps/fault-ro/main.cpp").read_text().splitlines()
    line = 1 + next(n for n, text in enumerate(source) if "= 4;" in text)
    assert re.search(rf"^  at +apps/fault-ro/main\.cpp:{line} .*write_constant", done.stderr), done.stderr
    assert re.search(r"\n  called +apps/fault-ro/main\.cpp:\d+ .*app_main", done.stderr), done.stderr
