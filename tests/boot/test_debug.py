# SPDX-License-Identifier: Apache-2.0
"""The contract of `debug`: halted at the first instruction, breakpoints hold, QEMU ends with gdb."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import frames
import pytest
from frames import CLIENT
from guest import PATIENCE, QUIET_NET, ROOT, Guest, children_of, has_network, is_running, wait_until
from terminal import CTRL_C, Terminal
from wire import Wire

PAYLOAD = bytes(range(64))
# Both kinds of breakpoint; the second is in the path of an echo, which is longer than an ARP frame.
ECHO = """
info registers pc
hbreak osier_boot
continue
tasks
tbreak app_main
continue
tasks
break osier::net::transmit_buffer
continue
while complete.length < 100
continue
end
print complete
packets
queues
tasks
"""


def debug(folder: Path, *commands: str, net: str = QUIET_NET) -> Guest:
    """gdb with these commands, and then its end."""
    network = ["--net", net] if has_network(folder) else []
    return Guest([str(folder / "debug"), *network, "--", "-nx", "-batch",
                  *(part for command in commands for part in ("-ex", command))])


def serve(guest: Guest, wire: Wire) -> None:
    """Asks for echoes until gdb ends; what comes before the driver is there, or while it halts, is
    lost or late."""
    while guest.process.poll() is None:
        try:
            wire.send(frames.arp(frames.REQUEST, CLIENT, frames.GUEST_IP),
                      frames.datagram(PAYLOAD, CLIENT, 7))
            wire.receive(0.1)
        except (ConnectionError, BrokenPipeError):
            break


def test_stops_in_the_app_and_in_the_path_of_an_echo(image, cpu: str, tmp_path: Path) -> None:
    folder = image(cpu, "udp-echo")
    commands = tmp_path / "commands"
    commands.write_text(ECHO)
    with Wire() as wire, debug(folder, f"source {commands}", net=wire.net) as guest:
        wire.connected()
        serve(guest, wire)
        assert guest.end() == 0, guest.output
    said = guest.output
    assert re.search(r"^pc .*<_start>$", said, re.MULTILINE), said
    assert "no task has started yet" in said
    assert re.search(r"breakpoint.*, app_main \(", said, re.IGNORECASE), said

    at_app, at_echo = [[re.split(" {2,}", line) for line in block.splitlines()]
                       for block in re.findall(r"frame +coroutine.*\n((?:0x.*\n)+)", said)]
    assert row(at_app, "machine::run_app")[2:] == ["its start", "nothing: it runs"]
    app = row(at_echo, "app_main")
    assert app[2] == f"main.cpp:{line_of('apps/udp-echo/main.cpp', 'echo.receive')}"
    assert app[3] == "nothing: it runs"
    assert row(at_echo, "machine::run_app")[3] == f"app_main at {app[0]}"

    headers = (f"106 bytes at 0x[0-9a-f]+: 52:54:00:12:34:56 > {CLIENT.mac.hex(':')}, "
               f"IPv4 10.0.2.15 > {CLIENT.ip}, UDP 7 > {CLIENT.port}, 64 bytes of payload")
    assert re.search(rf"^\$1 = .*{headers}$", said, re.MULTILINE), said
    assert re.search(rf"^{headers}$", said, re.MULTILINE), said
    received = re.search(r"receiving: virtqueue of 256: (\d+) in flight, .*completed and not yet taken; "
                         r"indices: posted (\d+), shown (\d+), used (\d+), taken (\d+);", said)
    assert received, said
    flying, posted, _, used, taken = map(int, received.groups())
    assert 0 < taken <= used and flying == posted - taken


def row(table: list[list[str]], coroutine: str) -> list[str]:
    found = [line for line in table if line[1] == coroutine]
    assert len(found) == 1, table
    return found[0]


def line_of(file: str, text: str) -> int:
    lines = (ROOT / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.fixture
def sleeper(image) -> Path:
    folder: Path = image("virt-arm64", "sleeper")
    return folder


def test_names_what_tasks_wait_for(sleeper: Path) -> None:
    """Two tasks sleep. The frame of the one that app_main awaits may lie within app_main's."""
    with debug(sleeper, "hbreak osier_interrupt", "continue", "tasks") as guest:
        assert guest.end() == 0, guest.output
    rows = [re.split(" {2,}", line) for line in guest.output.splitlines() if re.match("0x[0-9a-f]+  ", line)]
    asleep = [line[1] for line in rows if re.fullmatch(r"tick \d+", line[3])]
    assert len(asleep) == 2 and asleep[1] == "sleep_often", guest.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda value: value.name)
def test_no_qemu_outlives_debug(sleeper: Path, number: signal.Signals) -> None:
    # A gdb that is busy puts SIGTERM off.
    with debug(sleeper, "tbreak osier_boot", "continue", "shell sleep 60") as guest:
        guest.wait_for("Temporary breakpoint 1, osier_boot")
        children = guest.children()
        assert len(children) == 2, "QEMU and gdb"
        guest.process.send_signal(number)
        assert wait_until(lambda: not any(map(is_running, children)), PATIENCE)


def test_ctrl_c_halts_the_image_and_leaving_gdb_ends_it(image) -> None:
    folder: Path = image("virt-arm64", "udp-echo")
    with Terminal([str(folder / "debug"), "--net", QUIET_NET, "--", "-nx"], folder) as terminal:
        terminal.wait_for("(gdb) ")
        children = children_of(terminal.pid)
        assert len(children) == 2, "QEMU and gdb"
        terminal.type(b"continue\n")
        terminal.wait_for("udp-echo: listening")
        terminal.type(CTRL_C)
        terminal.wait_for("SIGINT")
        terminal.wait_for("(gdb) ")
        terminal.type(b"quit\n")
        assert terminal.end() == 0
        assert not any(map(is_running, children))


def test_panics_in_an_interrupt_handler_and_in_a_panic(image) -> None:
    """The second does not print, and ends the machine."""
    folder = image("virt-arm64", "faults")
    nonsense = "set $pc = (unsigned long)&'(anonymous namespace)::execute_nonsense()'"
    with debug(folder, "hbreak osier_interrupt", "continue", nonsense, "hbreak osier::irq::print_history",
               "continue", nonsense, "continue") as guest:
        guest.end()
    assert guest.output.count("panic: ") == 1 and "execute_nonsense" in guest.output, guest.output
    assert re.search("exited with code 0106|Target disconnected", guest.output), guest.output


def test_status_125_where_qemu_does_not_start(image) -> None:
    with debug(image("virt-arm64", "udp-echo"), "continue", net="nonsense") as guest:
        assert guest.end() == 125
    assert "Traceback" not in guest.output and "debug: " in guest.output
