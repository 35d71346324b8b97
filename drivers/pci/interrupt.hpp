// SPDX-License-Identifier: Apache-2.0
// How a PCI function interrupts: by its pin, or by a message (PCI Local Bus 3.0, §6.8.2: MSI-X).
#pragma once

#include "core/panic.hpp"
#include "core/units.hpp"
#include "irq/message.hpp"
#include "mem/mmio.hpp"
#include "pci/function.hpp"

namespace osier::pci {

// By its pin. Other functions may be on the same line: only the device's own status says who it
// was.
struct pin {
  static constexpr bool is_message = false;

  template <class Node, class Configuration>
  static void connect() {}
};

// By one message, which is nobody else's. `Controller`: takes messages; connect(source, line) gives
// the one that raises a line.
template <class Controller>
class message {
  static constexpr u8 capability_msix = 0x11;
  // A capability, in bytes from its start (§6.8.2.3, §6.8.2.4).
  enum capability_offset : std::size_t { control = 2, table_place = 4 };
  static constexpr u16 control_enable = 1 << 15;
  static constexpr u16 control_mask_all = 1 << 14;
  static constexpr u32 table_bar_mask = 7;
  // The table's first entry, in bytes (§6.8.2.6 to §6.8.2.9). The others stay masked.
  enum entry_offset : std::size_t { address = 0, data = 8, mask = 12, entry_end = 16 };

 public:
  static constexpr bool is_message = true;

  // Has the function write its controller's message at each interrupt. The BARs have their
  // addresses. Interrupts masked. `Node`: that of pci::function, with message_bar, message_source
  // (how the controller tells functions apart) and irq. `Table`: the registers in that BAR.
  template <class Node, class Configuration, class Table = mmio::registers<Node::reg2>>
  static void connect() {
    std::size_t capability = 0;
    function<Node, Configuration>::each_capability(capability_msix,
                                                   [&](std::size_t at) { capability = at; });
    if (capability == 0) panic_at(Node::path, "expected messages (MSI-X), found none");
    const u32 place = Configuration::template read<u32>(capability + table_place);
    const u32 bar = place & table_bar_mask;
    const u32 offset = place & ~table_bar_mask;
    if (bar != Node::message_bar || u64{offset} + entry_end > Node::reg2.size) {
      panic_at(Node::path,
               "expected the table of messages in the {:#x} bytes of BAR {}, found it at {:#x} of "
               "BAR {}",
               Node::reg2.size, Node::message_bar, offset, bar);
    }
    const u16 others = Configuration::template read<u16>(capability + control) &
                       static_cast<u16>(~(control_enable | control_mask_all));
    // Enabled before the table is written: a function may ignore what is written before.
    Configuration::template write<u16>(
        capability + control, static_cast<u16>(others | control_enable | control_mask_all));
    const irq::message sent = Controller::connect(Node::message_source, Node::irq);
    Table::write(offset + address, static_cast<u32>(sent.address));
    Table::write(offset + address + 4, static_cast<u32>(u64{sent.address} >> 32));
    Table::write(offset + data, sent.data);
    Table::write(offset + mask, u32{0});
    Configuration::template write<u16>(capability + control,
                                       static_cast<u16>(others | control_enable));
  }
};

}  // namespace osier::pci
