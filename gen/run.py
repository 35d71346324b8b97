# SPDX-License-Identifier: Apache-2.0
"""Boots an image in QEMU, stays its parent, and translates how it ended."""

from __future__ import annotations

import argparse
import ctypes
import ipaddress
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import Any

from gen.places import places

PANIC, FAILED, INTERRUPTED = 70, 125, 130
FORWARD_BASE = 8000
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

EPILOG = """\
The console is standard input and output; Ctrl-C ends the machine.

  run                                      user networking; UDP port N of the app is
                                           port 8000+N of 127.0.0.1
  run --net stream,server=off,addr.type=unix,addr.path=/tmp/wire
                                           the network is whoever listens on that socket
  run --disk FILE,readonly=on              the image's first disk is that raw file; without --disk,
                                           a file beside the image that is made when it is missing
  run --disk null:64M                      a disk that reads as zeros and forgets what is written
  run --print                              the QEMU command, to be run by hand
  run -- -d int -D /tmp/qemu.log           anything after -- goes to QEMU

exit status: the app's own 0 or 2 to 63; 70 panic; 125 QEMU did not start; 130 Ctrl-C
"""


class Unstartable(Exception):
    """QEMU cannot be started as asked."""


class Parser(argparse.ArgumentParser):
    """Reports a wrong argument with a status that no app can have."""

    def error(self, message: str) -> Any:
        self.exit(FAILED, f"{self.prog}: {message}; {self.prog} --help explains\n")


def main(machine: dict[str, Any], arguments: list[str]) -> int:
    """What a generated `run` calls with its machine."""
    open_standard_streams()
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parse(machine, arguments[:split])
    try:
        command = qemu_command(machine, options) + arguments[split + 1:]
        if options.print:
            print(shlex.join(command))
            return 0
        return supervise(machine, command, options)
    except Unstartable as problem:
        print(f"run: {problem}", file=sys.stderr)
        return FAILED


def parse(machine: dict[str, Any], arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="run", description=f"Boots {machine['name']} in QEMU.", epilog=EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add_devices(parser)
    parser.add_argument("--print", action="store_true", help="print the QEMU command and exit")
    return parser.parse_args(arguments)


def add_devices(parser: argparse.ArgumentParser) -> None:
    """The options that say what the machine is connected to."""
    parser.add_argument("--net", action="append", default=[], metavar="BACKEND",
                        help="what follows QEMU's -netdev, without the id; once per network device")
    parser.add_argument("--disk", action="append", default=[], metavar="SPEC",
                        help="FILE[,readonly=on] or null:SIZE; once per disk of the image")
    parser.add_argument("--display", metavar="gtk|vnc|FILE.png",
                        help="where the image has a display")
    parser.add_argument("--accel", choices=["tcg", "kvm"], default="tcg",
                        help="how QEMU runs the CPU (tcg)")


def qemu_command(machine: dict[str, Any], options: argparse.Namespace) -> list[str]:
    image, system = machine["image"], shutil.which(machine["qemu"][0])
    if system is None:
        raise Unstartable(f"{machine['qemu'][0]} ({machine['words']}) is not installed; the README "
                          "lists Debian's packages")
    if not image.is_file():
        raise Unstartable(f"{image} does not exist; `ninja` builds it")
    refuse_surplus(machine, options)
    command = [system, *machine["qemu"][1:], "-accel", options.accel, "-nodefaults",
               "-display", "none", "-monitor", "none",
               "-chardev", "stdio,id=console,signal=on", "-serial", "chardev:console"]
    given = {"netdev": list(options.net), "drive": list(options.disk)}
    for plug in machine["plugs"]:
        command += PLUGS[plug["backend"]](machine, plug, given.get(plug["backend"], []))
    return [*command, "-kernel", str(image)]


def refuse_surplus(machine: dict[str, Any], options: argparse.Namespace) -> None:
    nets = [plug for plug in machine["plugs"] if plug["backend"] == "netdev"]
    disks = [plug for plug in machine["plugs"] if plug["backend"] == "drive"]
    if len(options.net) > len(nets):
        raise Unstartable(f"--net is given {len(options.net)} times, the image has {len(nets)} "
                          "network devices")
    if len(options.disk) > len(disks):
        raise Unstartable(f"--disk is given {len(options.disk)} times, the image has {len(disks)} "
                          "disks")
    if options.display:
        raise Unstartable("--display is given, the image has no display")


def network_plug(machine: dict[str, Any], plug: dict[str, str], given: list[str]) -> list[str]:
    """The backend, the next that is given, and the device in its slot."""
    name, backend = plug["role"], given.pop(0) if given else default_network(machine)
    kind, comma, rest = backend.partition(",")
    if any(option.startswith("id=") for option in rest.replace(",,", "").split(",")):
        raise Unstartable(f"--net {backend}: the id is {name}, which the image's device names; "
                          "leave id= out")
    return ["-netdev", f"{kind},id={name}{comma}{rest}", "-device",
            f"{plug['device']},netdev={name}"]


def entropy_plug(_machine: dict[str, Any], plug: dict[str, str], _given: list[str]) -> list[str]:
    """The host's random bytes and the device in its slot."""
    name = plug["role"]
    return ["-object", f"rng-builtin,id={name}", "-device", f"{plug['device']},rng={name}"]


def bare_plug(_machine: dict[str, Any], plug: dict[str, str], _given: list[str]) -> list[str]:
    """The device alone."""
    return ["-device", plug["device"]]


def disk_plug(machine: dict[str, Any], plug: dict[str, str], given: list[str]) -> list[str]:
    """The disk that is given next, or one of its own, and the device in its slot."""
    name = plug["role"]
    spec = given.pop(0) if given else default_disk(machine, name)
    kind, _, rest = spec.partition(":")
    if kind == "null":
        node = f"driver=null-co,node-name={name},size={bytes_in(rest)},read-zeroes=on"
    else:
        node = raw_disk(name, spec)
    return ["-blockdev", node, "-device", f"{plug['device']},drive={name}"]


def raw_disk(name: str, spec: str) -> str:
    """FILE[,readonly=on] as a node of QEMU's block layer. A discard makes a hole in the file."""
    file, comma, option = spec.rpartition(",readonly=")
    if not comma:
        file, option = spec, "off"
    if option not in ("on", "off"):
        raise Unstartable(f"--disk {spec}: readonly is on or off")
    path = Path(file).resolve()
    if not path.exists():
        raise Unstartable(f"--disk {spec}: {file} does not exist; `truncate -s 64M "
                          f"{shlex.quote(file)}` "
                          "would make an empty disk")
    escaped = str(path).replace(",", ",,")
    return (f"driver=raw,node-name={name},read-only={option},discard=unmap,"
            f"file.driver=file,file.filename={escaped}")


def default_disk(machine: dict[str, Any], name: str) -> str:
    """A sparse file beside the image, made or lengthened to what the app asks; its bytes stay."""
    file: Path = machine["image"].parent / f"{name}.img"
    try:
        with file.open("ab") as disk:
            if disk.tell() < machine["disk_size"]:
                disk.truncate(machine["disk_size"])
    except OSError as error:
        raise Unstartable(f"{file} cannot be made: {error.strerror}; --disk names another "
                          "file") from None
    return str(file)


def bytes_in(text: str) -> int:
    """64M as a number of bytes."""
    digits, unit = text.rstrip("kKMGT"), text[len(text.rstrip("kKMGT")):]
    units = {"": 0, "k": 10, "K": 10, "M": 20, "G": 30, "T": 40}
    if not digits.isdecimal() or unit not in units:
        raise Unstartable(f"--disk null:{text}: the size is a number with or without k, M, G or T")
    return int(digits) << units[unit]


# How a device is plugged in, by the kind of its backend.
PLUGS = {"netdev": network_plug, "drive": disk_plug, "rng": entropy_plug, "none": bare_plug}


def default_network(machine: dict[str, Any]) -> str:
    """User networking around the app's address, each socket forwarded from 127.0.0.1."""
    network = machine["network"]
    if network is None:
        return "user,restrict=on"
    own = ipaddress.IPv4Address(network["address"])
    subnet = ipaddress.IPv4Network(f"{own}/{network['prefix']}", strict=False)
    gateway = ipaddress.IPv4Address(network["gateway"])
    host = gateway if int(gateway) else unused(subnet, {own})
    dns = unused(subnet, {own, host})
    parts = ["user", f"net={subnet}", f"host={host}", f"dns={dns}",
             f"dhcpstart={unused(subnet, {own, host, dns})}"]
    parts += [f"hostfwd={protocol}:127.0.0.1:{FORWARD_BASE + port}-{own}:{port}"
              for protocol, port in forwarded(machine)]
    return ",".join(parts)


def unused(subnet: ipaddress.IPv4Network,
           taken: set[ipaddress.IPv4Address]) -> ipaddress.IPv4Address:
    """A host address that is not taken, from the second on; QEMU insists on one for each service.

    Where the network is too small, the addresses that no host has do as well.
    """
    candidates = (subnet[n] for n in [*range(2, min(subnet.num_addresses - 1, 8)), 1, 0, -1])
    return next(address for address in candidates if address not in taken)


def forwarded(machine: dict[str, Any]) -> list[tuple[str, int]]:
    """The sockets that have a port of the host: 8000 above must still be a port."""
    network = machine["network"]
    return [(protocol, port) for protocol, port in network["sockets"]
            if FORWARD_BASE + port <= 65535] if network else []


def supervise(machine: dict[str, Any], command: list[str], options: argparse.Namespace) -> int:
    """Run QEMU to its end; whatever ends `run` ends QEMU too."""
    caught: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def on_signal(number: int, _frame: object) -> None:
        caught.append(number)
        if child is not None:
            child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    terminal = terminal_settings()
    stdin = subprocess.DEVNULL if terminal_is_not_ours() else None
    # What `run` inherits on purpose, as `--net socket,fd=5` needs it, is passed on.
    with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, close_fds=False,
                          preexec_fn=die_with(os.getpid())) as child:
        if caught:
            child.terminate()
        console = Console(child.stdout.fileno())
        status = wait(child, caught)
        console.join()
    restore(terminal)
    if app_status(machine, status) == PANIC:
        for row in places(machine["image"], console.last):
            print(row, file=sys.stderr)
    return translate(machine, status, caught, options)


class Console(threading.Thread):
    """Passes on what the image says, and keeps the last of it."""

    KEPT = 16384  # bytes: more than the longest report

    def __init__(self, source: int) -> None:
        super().__init__(daemon=True)
        self.source, self._last = source, b""
        self.start()

    @property
    def last(self) -> str:
        return self._last.decode(errors="replace")

    def run(self) -> None:
        while said := os.read(self.source, 1 << 16):
            self._last = (self._last + said)[-self.KEPT:]
            try:
                while said:
                    said = said[os.write(1, said):]
            except OSError:  # nobody reads it any more; the image goes on
                continue


def wait(child: subprocess.Popen[bytes], caught: list[int]) -> int:
    """The status of QEMU; where it does not heed the signal it is killed."""
    while True:
        try:
            return child.wait(timeout=2 if caught else 0.5)
        except subprocess.TimeoutExpired:
            if caught:
                child.kill()


def die_with(parent: int) -> Any:
    """To be run in the child: the kernel kills it when `run` ends, however that happens."""
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(FAILED)

    return prepare


def open_standard_streams() -> None:
    """QEMU aborts without them: what is closed becomes /dev/null."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free


def terminal_is_not_ours() -> bool:
    """Whether standard input is a terminal that another job has."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        return True


def terminal_settings() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except (termios.error, OSError):
        return None


def restore(settings: list[Any] | None) -> None:
    if settings is not None and not terminal_is_not_ours():
        termios.tcsetattr(0, termios.TCSANOW, settings)


def translate(machine: dict[str, Any], status: int, caught: list[int],
              options: argparse.Namespace) -> int:
    if signal.SIGINT in caught:
        return INTERRUPTED
    if caught:
        return 128 + caught[0]
    if status == 1 or status < 0:
        print(f"run: {why_not_started(machine, status, options)}", file=sys.stderr)
        return FAILED
    found = app_status(machine, status)
    if found is None:
        print(f"run: QEMU ended with status {status}, which is not how this image ends: "
              "the machine was reset or turned off", file=sys.stderr)
        return FAILED
    return found


def app_status(machine: dict[str, Any], status: int) -> int | None:
    """The app's status, of which QEMU made its own; None where no app's status makes that."""
    first, step = machine["status"]["first"], machine["status"]["step"]
    return None if status < first or (status - first) % step else (status - first) // step


def why_not_started(machine: dict[str, Any], status: int, options: argparse.Namespace) -> str:
    if status < 0:
        return f"QEMU was ended by {signal.Signals(-status).name}"
    for _, port in forwarded(machine) if not options.net else []:
        if port_is_taken(FORWARD_BASE + port):
            return (f"port {FORWARD_BASE + port} of 127.0.0.1 is taken by another program, perhaps "
                    "another image; end that, or choose the network with --net")
    return ("QEMU did not start; what it said is above; its machine, CPU and options are named at "
            f"{machine['words']}")


def port_is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
