# SPDX-License-Identifier: Apache-2.0
"""Owned values stand only where the compiler sees who has them; gen/ownership.py finds those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tree import ROOT, code, files, shown

from gen.ownership import GLOBAL, MEMBER, REFERENCE, STATIC, marked, report, violations

CAPTURE = ("is captured: `datagram`", "give it to the lambda as a parameter by value")

# Each with the line that is wrong.
PLANTED = {
    "member": (MEMBER, 3, """
struct pending {
  net::datagram<net::packet_state::received> last;
};
"""),
    "optional member": (MEMBER, 4, """
class keeper {
 public:
  std::optional<storage::buffer> held_ = std::nullopt;
};
"""),
    "member of an alias": (MEMBER, 3, """
using answer = net::datagram<net::packet_state::answering>;
struct pending { answer mine; };
"""),
    "member by pointer": (MEMBER, 3, """
template <class Node>
class keeper : private async::deferred { net::packet<net::packet_state::building>* frame; };
"""),
    "member with its value": (MEMBER, 3, """
struct boot_line {
  irq::masked_line<uart::irq> line{entry};
};
"""),
    "member made by a call": (MEMBER, 2, """
struct keeper { storage::buffer held = made_elsewhere(); };
"""),
    "global made by a call": (GLOBAL, 2, """
storage::buffer held = made_elsewhere();
"""),
    "context kept": (MEMBER, 4, """
struct handler {
  void remember(irq::context context) { then = context; }
  irq::context then;
};
"""),
    "global": (GLOBAL, 3, """
namespace {
std::array<std::optional<net::datagram<net::packet_state::received>>, 4> held;
}
"""),
    "inline global": (GLOBAL, 2, """
inline constinit std::optional<boot::phase<boot::entry>> entry;
"""),
    "static local": (STATIC, 3, """
task<> app_main(machine::echo_socket echo) {
  static std::optional<storage::buffer> kept;
  kept = co_await disk.acquire();
}
"""),
    "static in a lambda": (STATIC, 4, """
void handle() {
  call([](int) {
    static virtio::device<transport, virtio::state::driver_ok> live = start();
  });
}
"""),
    "reference parameter": (REFERENCE, 2, """
void shout(net::datagram<net::packet_state::answering>& answer) { answer.resize(4); }
"""),
    "reference in its own namespace": (REFERENCE, 3, """
namespace osier::storage {
void fill(buffer& from) {}
}
"""),
    "reference variable": (REFERENCE, 4, """
task<> app_main(machine::net0 net0) {
  auto frame = co_await net0.compose();
  net::packet<net::packet_state::building>& alias = frame;
}
"""),
    "captured by reference": (CAPTURE, 4, """
task<> app_main(machine::echo_socket echo) {
  auto datagram = co_await echo.receive();
  const auto size = [&datagram] { return datagram.payload().size(); };
}
"""),
    "captured by default": (CAPTURE, 4, """
task<> app_main(machine::echo_socket echo) {
  auto datagram = (co_await echo.receive()).reply();
  const auto send = [&] -> task<> { co_await echo.send(std::move(datagram)); };
}
"""),
    "moved into a lambda": (CAPTURE, 3, """
void later(net::datagram<net::packet_state::received> datagram) {
  call([kept = std::move(datagram)] { return kept.sender(); });
}
"""),
}

# What looks like it and is right.
INNOCENT = """
#include "machine.hpp"
namespace osier::storage {
struct block { std::byte* data; };
std::size_t size_of(const buffer& held);  // storage::buffer& would be wrong
buffer exchanged(buffer mine) { return mine; }
class pool {
 public:
  buffer take() { return buffer{*free_}; }
  auto acquire() { struct awaiter { buffer await_resume() { return {}; } }; return awaiter{}; }
 private:
  // HOLDS: the test says so.
  buffer mine_;
  virtio::queue<net::packet<net::packet_state::receiving>, 4>& receiving_;
  block* free_ = nullptr;
};
}  // namespace osier::storage
using datagram = net::datagram<net::packet_state::building>;
constexpr std::string_view text = "net::datagram<net::packet_state::building>& held";
task<> app_main(machine::echo_socket echo, machine::console& console) {
  std::array<std::optional<datagram>, 4> held;
  const auto count = [&held](std::size_t at) { return held[at].has_value(); };
  auto arrived = co_await echo.receive();
  const auto port = arrived.sender().port;
  const auto print = [&console, port] { console.print("{}", port); };
  static constexpr int values[] = {1, 2};
}
"""


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str, tmp_path: Path) -> None:
    (what, fix), line, text = PLANTED[name]
    source = tmp_path / "main.cpp"
    source.write_text(text)
    why = "the compiler does not see there who has it"
    assert report(source, "main.cpp") == [f"main.cpp:{line}: an owned value {what}; {why}; {fix}"]


def test_what_is_right_is_left_alone() -> None:
    assert list(violations(INNOCENT)) == []


def test_every_state_of_the_design_is_watched() -> None:
    assert {("boot", "phase"), ("irq", "masked_line"), ("irq", "bound_line"), ("irq", "context"),
            ("net", "packet"), ("net", "datagram"), ("storage", "buffer"), ("virtio", "device"),
            ("virtio_blk", "answered")} <= marked()


def test_owned_values_stand_where_the_compiler_sees_them() -> None:
    golden = [path for path in files(ROOT / "tests/gen/golden") if path.suffix in (".cpp", ".hpp")]
    sources = [*code("src", "drivers", "apps", "tests/boot/apps"), *golden]
    wrong = [line for path in sources for line in report(path, shown(path))]
    assert not wrong, "\n".join(wrong)
