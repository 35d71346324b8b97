# SPDX-License-Identifier: Apache-2.0
"""What becomes of mutants: refused with the right line, the same image, or built and booted."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable
from functools import cache
from multiprocessing.pool import Pool
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/boot"), str(ROOT / "tests/mutation")]

from gen import ninja  # noqa: E402
from gen.preprocess import preprocess  # noqa: E402
from gen.model import Image  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Problem, Refused  # noqa: E402
from frames import GUEST_MAC  # noqa: E402
from guest import Guest  # noqa: E402
from mutate import Mutant, Source, mutate, read  # noqa: E402
from test_console import output, pattern  # noqa: E402
from wire import DirectWire  # noqa: E402
from world import boot_in_known_world  # noqa: E402

APP = ROOT / "tests/mutation/every-role"
FOLDER = ROOT / "build/test/mutation"
PATIENCE = 60  # seconds of the generator, which takes tenths of one

# What only the hardware can tell, in the drivers' words: the node, what was expected and what was found.
BOOT_ONLY = re.compile(r"panic: (/\S*): expected .*, found |panic: (/\S*): the device ", re.M)

REFUSED, SAME, BOOTED, BOOT_REFUSED, UNSTARTED, WRONG, BUILT = (
    "refused", "same image", "booted", "refused at boot", "refused by QEMU", "wrong", "to be booted")
VERDICTS = (REFUSED, SAME, BOOTED, BOOT_REFUSED, UNSTARTED, WRONG)


@dataclasses.dataclass
class Outcome:
    """Of one mutant: the verdict, and what was said."""

    machine: str
    seed: int
    mutant: Mutant
    verdict: str
    said: str = ""
    key: str = ""
    exits: bool = True

    @property
    def file(self) -> Path:
        return mutant_file(self.machine, self.seed)

    @property
    def image(self) -> Path:
        return FOLDER / self.file.stem / APP.name

    def __str__(self) -> str:
        lines = "".join(f"\n    | {line}" for line in self.said.splitlines()[:12])
        return (f"{self.machine} SEED={self.seed}: {self.mutant.path} ({self.mutant.places[0]}): "
                f"{self.mutant.what}{lines}")


def mutant_file(machine: str, seed: int) -> Path:
    return FOLDER / f"{machine}-{seed}.dts"


@cache
def source(machine: str) -> Source:
    """The machine's text with all that it includes; #line says where each line is from."""
    text, _ = preprocess([ROOT / f"dts/{machine}.dts"])
    text = re.sub(r'^# \d+ "<.*\n', "", text, flags=re.MULTILINE)
    return read(re.sub(r'^# (\d+ "[^"]*").*', r"#line \1", text, flags=re.MULTILINE))


@cache
def unchanged(machine: str) -> Image:
    file = FOLDER / f"{machine}-unchanged-{os.getpid()}.dts"
    try:
        return compile_text(source(machine).text, file)
    finally:
        file.unlink()


@cache
def used(machine: str) -> frozenset[str]:
    """The nodes that the image is made of, and those above them."""
    image = unchanged(machine)
    own = [found.path for found in (*image.devices, *image.ram, *image.reserved)]
    above = [path.rsplit("/", n)[0] or "/" for path in own for n in range(path.count("/"))]
    return frozenset([*own, *above, "/aliases", "/machine", "/machine/qemu"])


def compile_text(text: str, file: Path) -> Image:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return compile_image(file, APP)


def key(image: Image) -> str:
    """The same for images whose generated files are the same: but for their name, and tree.hpp, which
    holds every node for apps that print them and which this app does not include."""
    return repr(dataclasses.replace(image, machine="", machine_file="", nodes=(), sources=()))


def generate(task: tuple[str, int]) -> Outcome:
    """The generator's verdict on a mutant; one that it accepts is left to be booted."""
    machine, seed = task
    found = Outcome(machine, seed, mutate(source(machine), f"{machine}-{seed}", used(machine)), BUILT)
    if found.mutant.text == source(machine).text:
        found.verdict = SAME
        return found
    signal.signal(signal.SIGALRM, out_of_patience)
    signal.alarm(PATIENCE)
    try:
        image = compile_text(found.mutant.text, found.file)
        found.key, found.exits = key(image), any(device.role == "exit" for device in image.devices)
        found.verdict = SAME if found.key == key(unchanged(machine)) else BUILT
    except Refused as refused:
        found.verdict = REFUSED if tells(refused.problems, found.mutant) else WRONG
        found.said = str(refused)
    except Exception:  # noqa: BLE001: whatever it is, it is what is looked for
        found.verdict, found.said = WRONG, traceback.format_exc()
    finally:
        signal.alarm(0)
    if found.verdict != BUILT:
        found.file.unlink(missing_ok=True)
    return found


def out_of_patience(*_: object) -> None:
    raise TimeoutError(f"the generator has not ended in {PATIENCE} s")


def tells(problems: Iterable[Problem], mutant: Mutant) -> bool:
    """Whether a message stands at the line that was changed, or names it as a conflict's other side."""
    said = [str(problem) for problem in problems]
    places = {place for place in mutant.places}
    return (any(names(text, str(place)) for text in said for place in places)
            and not any(p.place is None or p.place.file.endswith(".yaml") for p in problems))


def names(text: str, place: str) -> bool:
    return re.search(rf"(?<![\w/]){re.escape(place)}(?!\d)", text) is not None


def build(found: list[Outcome]) -> None:
    """Builds all images at once; a refusal of the compiler or the sealer is told by its line too."""
    targets = [ninja.Target(compile_image(each.file, APP), each.file, APP, FOLDER) for each in found]
    ninja.write(targets, [], FOLDER)
    run_ninja("-k", "0")
    for each in found:
        if not (each.image / "image.elf").is_file():
            each.said = run_ninja(str(each.image.relative_to(ROOT)))
            # A driver's check knows the line of its node.
            nodes = [place for _, place in source(each.machine).openings[each.mutant.path]]
            told = any(names(each.said, str(place)) for place in (*each.mutant.places, *nodes))
            each.verdict = REFUSED if told else WRONG


def run_ninja(*arguments: str) -> str:
    command = ["ninja", "-f", str((FOLDER / "build.ninja").relative_to(ROOT)), *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


class AnyMacWire(DirectWire):
    """The network around knows one guest's address; whatever this one's is, it stands for that."""

    mac = GUEST_MAC

    def receive(self, timeout: float = 5.0) -> bytes | None:
        frame = super().receive(timeout)
        self.mac = frame[6:12] if frame else self.mac
        return frame and frame.replace(self.mac, GUEST_MAC)

    def send(self, *frames: bytes) -> None:
        super().send(*(frame.replace(GUEST_MAC, self.mac) for frame in frames))


def boot(found: Outcome) -> tuple[str, str]:
    """Boots an image: the verdict, and what it has said."""
    wanted = pattern((APP / "expected.txt").read_text())
    try:
        with tempfile.TemporaryDirectory(prefix="osier-") as folder, AnyMacWire() as wire, \
                boot_in_known_world(found.image, Path(folder), net=wire.net, keep_open=wire.theirs) as guest:
            said = output(guest, wire, wanted, endless=not found.exits)
            return judge(found, guest, said, wanted)
    except subprocess.CalledProcessError as error:  # `run` finds no such program
        return UNSTARTED if "/machine/qemu" in found.mutant.path else WRONG, error.stderr


def judge(found: Outcome, guest: Guest, said: str, wanted: re.Pattern[str]) -> tuple[str, str]:
    status = guest.process.poll()
    if status is None and not found.exits and wanted.fullmatch(said):
        return BOOTED, said  # without a way to turn the machine off it halts
    if status is None:
        return WRONG, f"{said}\n(it hangs)"
    if status == 1:  # QEMU's own: the words are the tree's
        return UNSTARTED if found.mutant.path == "/machine/qemu" else WRONG, said
    status = guest.end()
    if status == 0 and wanted.fullmatch(said):
        return BOOTED, said
    if status == 70 and BOOT_ONLY.search(said):
        return BOOT_REFUSED, said
    return WRONG, f"{said}\n(status {status})"


def build_and_boot(found: list[Outcome], workers: int) -> None:
    """Each different image once; what becomes of it is so for all mutants that it is the image of."""
    first: dict[tuple[str, str], Outcome] = {}
    for each in found:
        first.setdefault((each.machine, each.key), each)
    build(list(first.values()))
    built = [each for each in first.values() if each.verdict == BUILT]
    with Pool(workers, begin_worker) as pool:
        for each, (verdict, said) in zip(built, pool.map(boot, built, chunksize=1)):
            each.verdict, each.said = verdict, said
    for each in found:
        same = first[each.machine, each.key]
        each.verdict, each.said = same.verdict, same.said


def begin_worker() -> None:
    """A worker ends by the signals of its parent, and quietly."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def generate_all(tasks: list[tuple[str, int]], workers: int) -> Iterable[Outcome]:
    for machine in {machine for machine, _ in tasks}:
        used(machine)  # once, for all workers
    with Pool(workers, begin_worker) as pool:
        yield from pool.imap_unordered(generate, tasks, chunksize=4)
