// SPDX-License-Identifier: Apache-2.0
// Generated from tests/gen/board.dts and tests/gen/pair/app.dtsi. Edit those instead.
// The drivers of this image, who handles which interrupt, and the order of its boot.
#include "machine.hpp"

#include <array>

#include "arch.hpp"
#include "arm-timer/arm_timer.hpp"
#include "async/executor.hpp"
#include "async/frames.hpp"
#include "boot/phase.hpp"
#include "core/integrity.hpp"
#include "core/panic.hpp"
#include "core/platform.hpp"
#include "core/stack_guard.hpp"
#include "gic/gic_v2.hpp"
#include "irq/dispatch.hpp"
#include "irq/history.hpp"
#include "mem/ram.hpp"
#include "net/interface.hpp"
#include "pl011/pl011.hpp"
#include "virtio-net/virtio_net.hpp"
#include "virtio/mmio_transport.hpp"

namespace osier::machine {
namespace {

using interrupt_controller = gic::v2<soc_intc_0>;
using timer_driver = arm_timer::driver<timer>;
using console_driver = pl011::driver<soc_serial_1000000>;
using net0_driver = virtio_net::driver<soc_virtio_mmio_2000000_net,
                                       virtio::mmio_transport<soc_virtio_mmio_2000000>,
                                       net_config>;

// What each driver refuses in its node, said in the devicetree's terms.
static_assert(interrupt_controller::check(), interrupt_controller::check());
static_assert(timer_driver::check(), timer_driver::check());
static_assert(console_driver::check(), console_driver::check());
static_assert(net0_driver::check(), net0_driver::check());

// Storage that needs no initial value.
[[gnu::section(".noinit")]] alignas(16) std::byte
    frames[config::frame_count * config::frame_size];
[[gnu::section(".noinit")]] net0_driver::storage net0_memory;
[[gnu::section(".noinit")]] net::packet_buffer
    packet_buffers[net_config::packet_buffers + net_config::transmit_buffers];

// The drivers. Those without state have static functions only.
constinit timer_driver timer_device;
constinit console_driver console_device;
constinit net0_driver net0_device{net0_memory};

// The sockets of /app/net, by port.
constexpr std::array sockets = {
    net::bound_socket{.port = default_::port, .queue = &net::queue_of<default_>},
    net::bound_socket{.port = two_words::port, .queue = &net::queue_of<two_words>},
};
using net0_interface = net::interface<net_config, sockets>;

// What comes from ourselves has an interface of its own: the code that takes a frame from the wire
// then has one caller, and is inline there. An image that does not talk to itself links only that.
struct own_frames : net_config {};
using loop_interface = net::interface<own_frames, sockets>;

// Interrupt handlers by line; nullptr: masked at the controller.
constexpr irq::handler_table<49> handlers = [] {
  irq::handler_table<49> table = {};
  table[timer::irq.number] = [](irq::context context) { irq::note<timer>(); timer_device.interrupt(context); };
  table[soc_serial_1000000::irq.number] = [](irq::context context) { irq::note<soc_serial_1000000>(); console_device.interrupt(context); };
  table[soc_virtio_mmio_2000000::irq.number] = [](irq::context context) { irq::note<soc_virtio_mmio_2000000>(); net0_device.interrupt(context); };
  return table;
}();

// Who owns which registers, to name the node that a fault lies in.
constexpr platform::claimed_block claimed[] = {
    {soc_intc_0::reg.base, soc_intc_0::reg.size, soc_intc_0::path},
    {soc_intc_0::reg1.base, soc_intc_0::reg1.size, soc_intc_0::path},
    {soc_serial_1000000::reg.base, soc_serial_1000000::reg.size, soc_serial_1000000::path},
    {soc_virtio_mmio_2000000::reg.base, soc_virtio_mmio_2000000::reg.size, soc_virtio_mmio_2000000::path},
};

// tests/gen/board.dts:32
constexpr platform::claimed_block room = {0x60000000, 0x800000, "/memory@40000000"};

// Runs the app to its end, which is the machine's.
task<> run_app(machine::console console,
               machine::default_socket default_,
               machine::two_words_socket two_words) {
  co_await app_main(std::move(console), std::move(default_), std::move(two_words));
  platform::end(0);
}

void start_task(task<> work) {
  if (!async::spawn(std::move(work))) panic("no coroutine frame left for a service");
}

}  // namespace
}  // namespace osier::machine

// The seams that src/ leaves to the image.
namespace osier::platform {

void console_write(std::string_view text) { machine::console_device.write(text); }
void console_flush(std::string_view text) { machine::console_device.flush(text); }
void power_off(int) { arch::halt(); }
void end(int status) {
  machine::net0_device.finish();
  console_flush({});
  power_off(status);
}
time::instant now() { return machine::timer_device.now(); }
u64 stamp() { return machine::timer_device.stamp(); }
u64 ticks_since(u64 stamp) { return machine::timer_device.ticks_since(stamp); }
hertz timer_rate() { return machine::timer::clock; }
void set_alarm(time::instant when) { machine::timer_device.set_alarm(when); }
std::span<const claimed_block> registers() { return machine::claimed; }
claimed_block ram() { return machine::room; }

}  // namespace osier::platform

namespace osier::net {

void transmit_buffer(packet_buffer& complete) {
  machine::net0_device.transmit(packet<packet_state::complete>::resume(complete));
}

void loop_back(packet<packet_state::complete> frame) {
  machine::loop_interface::loop_back(std::move(frame).loop_back());
}

}  // namespace osier::net

// See irq/entry.hpp.
extern "C" void osier_interrupt() {
  using namespace osier;
  irq::dispatch<machine::interrupt_controller>(machine::handlers, machine::soc_intc_0::path,
                                               irq::context{});
}

// Called by the architecture's entry, once, with interrupts masked.
extern "C" void osier_boot() {
  using namespace osier;
  using namespace osier::machine;
  seed_stack_guard(platform::now().ticks);
  boot::phase<boot::entry> entry;
  async::lend_frames(frames, config::frame_size);

  console_device.start();
  interrupt_controller::start();

  mem::verify_ram();
#ifdef OSIER_VERIFY_IMAGE
  if (!image_is_as_built()) panic("code or constants are not as they were built");
#endif

  irq::masked_line<timer::irq>{entry}.bind<handlers>().enable<interrupt_controller>();
  irq::masked_line<soc_serial_1000000::irq>{entry}.bind<handlers>().enable<interrupt_controller>();
  irq::masked_line<soc_virtio_mmio_2000000::irq>{entry}.bind<handlers>().enable<interrupt_controller>();

  timer_device.start();
  net0_device.start(packet_buffers);

  start_task(net0_interface::serve(net0_device, net_config::packet_buffers / 2));
  start_task(run_app(machine::console{entry},
                     machine::default_socket{entry},
                     machine::two_words_socket{entry}));

  std::move(entry).enable_interrupts().run();
}
