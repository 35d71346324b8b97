// SPDX-License-Identifier: Apache-2.0
// Enhanced Configuration Access Mechanism (PCI Express Base 5.0, §7.2.2): the configuration of a
// function is memory, 4 KiB of it. The generator says where.
#pragma once

#include "mem/mmio.hpp"

namespace osier::ecam {

// The configuration registers of a function. `Function`: reg.
template <class Function>
using configuration = mmio::registers<Function::reg>;

}  // namespace osier::ecam
