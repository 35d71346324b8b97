// SPDX-License-Identifier: Apache-2.0
// The app's side of UDP: receiving, answering, editing, and sending to anybody.
#include "net/udp_socket.hpp"
#include "time/alarm.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "host/boot.hpp"
#include "host/frames.hpp"
#include "host/link.hpp"
#include "host/net_config.hpp"
#include "host/platform.hpp"

namespace osier::net {
namespace {

using namespace std::chrono_literals;
using host::address_of;
using host::bytes;
using host::operator+;
using echo_socket = udp_socket<host::net_config, host::echo>;
using lonely_socket = udp_socket<host::net_config_without_gateway, host::echo>;

constexpr std::size_t buffer_count = 8;

class socket : public testing::Test {
 protected:
  void SetUp() override {
    frames_ = host::free_frames();
    host::fill_pool(buffer_count);
    host::renew_stack();
    for (const bound_socket& each : host::sockets) each.queue->set_limit(buffer_count);
    host::sent.clear();
  }
  void TearDown() override {
    host::run_until_idle();
    EXPECT_EQ(host::free_frames(), frames_) << "a task still waits";
    EXPECT_EQ(packets.available(), buffer_count) << "a buffer is lost";
  }

  static void receive(const bytes& frame) {
    host::interface::handle(host::arrived(frame));
    host::restore_buffers();
  }
  static bytes answer(const bytes& payload, u16 port = 1234) {
    return host::ethernet(host::their_mac, host::our_mac, 0x0800,
                          host::ipv4({.source = host::our_ip, .destination = host::their_ip},
                                     host::udp(host::our_ip, 7, host::their_ip, port, payload)));
  }
  static std::span<const std::byte> view(const bytes& data) {
    return std::as_bytes(std::span{data});
  }

 private:
  std::size_t frames_ = 0;
};

bytes seen(std::span<const std::byte> payload) {
  bytes copy(payload.size());
  if (!copy.empty()) std::memcpy(copy.data(), payload.data(), payload.size());
  return copy;
}

task<> echo(int rounds) {
  echo_socket socket{host::entry()};
  for (int i = 0; i < rounds; ++i) {
    auto datagram = co_await socket.receive();
    co_await socket.send(std::move(datagram).reply());
  }
}

TEST_F(socket, knows_its_own_end) {
  EXPECT_EQ(echo_socket::local, (endpoint{address_of(host::our_ip), 7}));
  std::string text;
  sink out{
      [](void* context, std::string_view piece) { *static_cast<std::string*>(context) += piece; },
      &text};
  format_to(out, "{} {} {}", echo_socket::local, host::net_config::mac, broadcast_mac);
  EXPECT_EQ(text, "10.0.2.15:7 52:54:00:12:34:56 ff:ff:ff:ff:ff:ff");
}

TEST_F(socket, echoes_every_size_byte_for_byte) {
  ASSERT_TRUE(async::spawn(echo(udp_payload_limit + 1)));
  for (std::size_t size = 0; size <= udp_payload_limit; ++size) {
    const bytes payload = host::pattern(size, static_cast<u32>(size));
    receive(host::udp_frame(static_cast<u16>(size), 7, payload));
    host::run_until_idle();
    ASSERT_EQ(host::take_sent(), host::frames{answer(payload, static_cast<u16>(size))}) << size;
  }
}

TEST_F(socket, echoes_a_padded_frame_without_its_padding) {
  ASSERT_TRUE(async::spawn(echo(1)));
  receive(host::udp_frame(1234, 7, {1, 2}) + bytes(16, 0xee));
  host::run_until_idle();
  EXPECT_EQ(host::take_sent(), host::frames{answer({1, 2})});
}

TEST_F(socket, keeps_a_missing_checksum_missing) {
  ASSERT_TRUE(async::spawn(echo(1)));
  bytes question = host::udp_frame(1234, 7, host::pattern(10));
  host::put(question, 14 + 20 + 6, 0);
  receive(question);
  host::run_until_idle();
  bytes expected = answer(host::pattern(10));
  host::put(expected, 14 + 20 + 6, 0);
  EXPECT_EQ(host::take_sent(), host::frames{expected});
}

TEST_F(socket, tells_who_sent_a_datagram) {
  static constexpr auto note = [](std::vector<endpoint>& senders) -> task<> {
    echo_socket socket{host::entry()};
    auto datagram = co_await socket.receive();
    senders.push_back(datagram.sender());
  };
  std::vector<endpoint> senders;
  ASSERT_TRUE(async::spawn(note(senders)));
  receive(host::udp_frame(4321, 7, {}));
  host::run_until_idle();
  EXPECT_EQ(senders, (std::vector{endpoint{address_of(host::their_ip), 4321}}));
}

TEST_F(socket, receives_in_order) {
  ASSERT_TRUE(async::spawn(echo(3)));
  for (u8 i = 0; i < 3; ++i) receive(host::udp_frame(1234, 7, {i}));
  host::run_until_idle();
  EXPECT_EQ(host::take_sent(), (host::frames{answer({0}), answer({1}), answer({2})}));
}

TEST_F(socket, a_datagram_that_is_dropped_frees_its_buffer) {
  static constexpr auto ignore = [](int rounds) -> task<> {
    echo_socket socket{host::entry()};
    for (int i = 0; i < rounds; ++i) co_await socket.receive();
  };
  ASSERT_TRUE(async::spawn(ignore(100)));
  for (int i = 0; i < 100; ++i) {
    receive(host::udp_frame(1234, 7, {1}));
    host::run_until_idle();
  }
  EXPECT_EQ(packets.available(), buffer_count);
}

// Receives one datagram and answers it with its own number in front.
task<> number(u8 name, std::vector<u8>& order) {
  echo_socket socket{host::entry()};
  auto datagram = co_await socket.receive();
  order.push_back(name);
  order.push_back(seen(datagram.payload())[0]);
}

TEST_F(socket, tasks_that_wait_receive_in_their_order) {
  std::vector<u8> order;
  for (u8 name = 0; name < 3; ++name) ASSERT_TRUE(async::spawn(number(name, order)));
  host::run_until_idle();
  for (u8 i = 10; i < 13; ++i) receive(host::udp_frame(1234, 7, {i}));
  host::run_until_idle();
  EXPECT_EQ(order, (std::vector<u8>{0, 10, 1, 11, 2, 12}));
}

TEST_F(socket, a_task_that_comes_later_does_not_take_a_waiters_datagram) {
  std::vector<u8> order;
  ASSERT_TRUE(async::spawn(number(0, order)));
  host::run_until_idle();
  ASSERT_TRUE(async::spawn(number(1, order)));  // runs before the one that is woken next
  receive(host::udp_frame(1234, 7, {10}));
  host::run_until_idle();
  EXPECT_EQ(order, (std::vector<u8>{0, 10}));
  receive(host::udp_frame(1234, 7, {11}));
  host::run_until_idle();
  EXPECT_EQ(order, (std::vector<u8>{0, 10, 1, 11}));
}

// Answers that are written to.

TEST_F(socket, an_edited_reply_has_a_checksum_of_its_own) {
  static constexpr auto edit = []() -> task<> {
    echo_socket socket{host::entry()};
    for (int i = 0; i < 200; ++i) {
      auto datagram = co_await socket.receive();
      auto reply = std::move(datagram).reply();
      for (std::byte& one : reply.payload()) one ^= std::byte{0xff};
      co_await socket.send(std::move(reply));
    }
  };
  ASSERT_TRUE(async::spawn(edit()));
  std::mt19937 random{1};
  for (int i = 0; i < 200; ++i) {
    bytes payload = host::pattern(random() % 1473, random());
    receive(host::udp_frame(1234, 7, payload));
    host::run_until_idle();
    for (u8& one : payload) one ^= 0xff;
    ASSERT_EQ(host::take_sent(), host::frames{answer(payload)});
  }
}

TEST_F(socket, a_computed_checksum_of_zero_is_sent_as_all_ones) {
  static constexpr auto edit = [](bytes payload) -> task<> {
    echo_socket socket{host::entry()};
    auto datagram = co_await socket.receive();
    auto reply = std::move(datagram).reply();
    reply.write(view(payload));
    co_await socket.send(std::move(reply));
  };
  // Two bytes that bring the sum of all the rest to 0xffff.
  const bytes rest = host::pseudo_header(host::our_ip, host::their_ip, 10) + host::of(u16{7}) +
                     host::of(u16{1234}) + host::of(u16{10});
  const bytes payload = host::of(host::naive_checksum(rest));
  ASSERT_TRUE(async::spawn(edit(payload)));
  receive(host::udp_frame(1234, 7, {9}));
  host::run_until_idle();
  const host::frames sent = host::take_sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(host::half_at(sent[0], 14 + 20 + 6), 0xffff);
  EXPECT_EQ(sent[0], answer(payload));
}

TEST_F(socket, a_reply_may_be_longer_or_shorter) {
  static constexpr auto rewrite = [](std::vector<bytes> payloads) -> task<> {
    echo_socket socket{host::entry()};
    for (const bytes& payload : payloads) {
      auto datagram = co_await socket.receive();
      auto reply = std::move(datagram).reply();
      reply.write(view(payload));
      co_await socket.send(std::move(reply));
    }
  };
  const std::vector<bytes> payloads = {{}, {1}, host::pattern(1472), host::pattern(3)};
  ASSERT_TRUE(async::spawn(rewrite(payloads)));
  for (const bytes& payload : payloads) {
    receive(host::udp_frame(1234, 7, host::pattern(20)));
    host::run_until_idle();
    EXPECT_EQ(host::take_sent(), host::frames{answer(payload)});
  }
}

// Datagrams of ours.

struct result {
  bool done = false;
  std::expected<void, send_error> outcome;
};

template <class Socket>
task<> send(endpoint to, bytes payload, result& told) {
  Socket socket{host::entry()};
  auto message = co_await socket.compose();
  EXPECT_TRUE(message.payload().empty());
  message.write(std::as_bytes(std::span{payload}));
  told.outcome = co_await socket.send_to(to, std::move(message));
  told.done = true;
}

bytes message(const host::mac& next_hop, const host::ip& to, const bytes& payload) {
  return host::ethernet(next_hop, host::our_mac, 0x0800,
                        host::ipv4({.source = host::our_ip, .destination = to},
                                   host::udp(host::our_ip, 7, to, 53, payload)));
}

TEST_F(socket, sends_to_a_known_neighbour_at_once) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  result told;
  const bytes payload = host::pattern(77);
  ASSERT_TRUE(async::spawn(send<echo_socket>({address_of(host::their_ip), 53}, payload, told)));
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_TRUE(told.outcome);
  EXPECT_EQ(host::take_sent(), host::frames{message(host::their_mac, host::their_ip, payload)});
}

// Answers what has come to somebody else.
template <class Socket>
task<> send_on(endpoint to, result& told) {
  Socket socket{host::entry()};
  auto answer = (co_await socket.receive()).reply();
  told.outcome = co_await socket.send_to(to, std::move(answer));
  told.done = true;
}

TEST_F(socket, computes_the_checksum_of_an_answer_that_goes_elsewhere) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  result told;
  ASSERT_TRUE(async::spawn(send_on<echo_socket>({address_of(host::their_ip), 53}, told)));
  host::run_until_idle();
  const bytes payload = host::pattern(77);
  receive(host::udp_frame(1234, 7, payload));
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_EQ(host::take_sent(), host::frames{message(host::their_mac, host::their_ip, payload)});
}

TEST_F(socket, asks_for_a_neighbour_before_it_sends) {
  result told;
  ASSERT_TRUE(async::spawn(send<echo_socket>({address_of(host::their_ip), 53}, {1}, told)));
  host::run_until_idle();
  EXPECT_FALSE(told.done);
  EXPECT_EQ(host::take_sent().size(), 1u);
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_EQ(host::take_sent(), host::frames{message(host::their_mac, host::their_ip, {1})});
}

TEST_F(socket, sends_to_another_network_by_the_gateway) {
  result told;
  ASSERT_TRUE(async::spawn(send<echo_socket>({address_of(host::far_ip), 53}, {1}, told)));
  host::run_until_idle();
  EXPECT_EQ(host::take_sent(),
            host::frames{host::ethernet(
                host::everyone, host::our_mac, 0x0806,
                host::arp(1, host::our_mac, host::our_ip, host::nobody, host::gateway_ip))});
  receive(host::arp_frame(2, host::gateway_mac, host::gateway_ip, host::our_ip));
  host::run_until_idle();
  EXPECT_EQ(host::take_sent(), host::frames{message(host::gateway_mac, host::far_ip, {1})});
  EXPECT_TRUE(told.outcome);
}

TEST_F(socket, says_that_there_is_no_route) {
  result told;
  ASSERT_TRUE(async::spawn(send<lonely_socket>({address_of(host::far_ip), 53}, {1}, told)));
  host::run_until_idle();
  ASSERT_TRUE(told.done);
  EXPECT_EQ(told.outcome, std::unexpected{send_error::no_route});
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(socket, says_that_nobody_answered) {
  result told;
  ASSERT_TRUE(async::spawn(send<echo_socket>({address_of(host::their_ip), 53}, {1}, told)));
  host::advance(arp_patience * arp_attempts - 1us);
  EXPECT_FALSE(told.done);
  host::advance(1us);
  ASSERT_TRUE(told.done);
  EXPECT_EQ(told.outcome, std::unexpected{send_error::no_answer});
  EXPECT_EQ(host::take_sent().size(), static_cast<std::size_t>(arp_attempts));
}

TEST_F(socket, what_is_sent_to_ourselves_is_received_and_not_sent) {
  static constexpr auto receive_one = [](bytes& payload, endpoint& from) -> task<> {
    echo_socket socket{host::entry()};
    auto datagram = co_await socket.receive();
    payload = seen(datagram.payload());
    from = datagram.sender();
  };
  bytes payload;
  endpoint from = {};
  ASSERT_TRUE(async::spawn(receive_one(payload, from)));
  result told;
  ASSERT_TRUE(async::spawn(send<echo_socket>(echo_socket::local, host::pattern(77), told)));
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_TRUE(told.outcome);
  EXPECT_EQ(payload, host::pattern(77));
  EXPECT_EQ(from, echo_socket::local);
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(socket, an_answer_to_ourselves_is_received_and_not_sent) {
  static constexpr auto answer_one = [](int& rounds) -> task<> {
    echo_socket socket{host::entry()};
    for (rounds = 0; rounds < 3; ++rounds) {
      auto datagram = co_await socket.receive();
      co_await socket.send(std::move(datagram).reply());
    }
  };
  int rounds = 0;
  result told;
  ASSERT_TRUE(async::spawn(answer_one(rounds)));
  ASSERT_TRUE(async::spawn(send<echo_socket>(echo_socket::local, host::pattern(77), told)));
  host::run_until_idle();
  EXPECT_EQ(rounds, 3) << "what it answered came back, and was answered";
  EXPECT_TRUE(host::take_sent().empty());
  EXPECT_TRUE(echo_socket{host::entry()}.try_receive()) << "the last answer";
}

TEST_F(socket, a_message_too_long_is_cut_off) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  result told;
  ASSERT_TRUE(
      async::spawn(send<echo_socket>({address_of(host::their_ip), 53}, host::pattern(3000), told)));
  host::run_until_idle();
  bytes kept = host::pattern(3000);
  kept.resize(udp_payload_limit);
  EXPECT_EQ(host::take_sent(), host::frames{message(host::their_mac, host::their_ip, kept)});
}

TEST_F(socket, compose_waits_for_a_buffer) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  std::vector<packet<packet_state::receiving>> taken;
  while (packets.available() > 0) taken.push_back(packets.take_to_receive());
  result told;
  ASSERT_TRUE(async::spawn(send<echo_socket>({address_of(host::their_ip), 53}, {1}, told)));
  host::run_until_idle();
  EXPECT_FALSE(told.done);
  taken.clear();
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_EQ(host::take_sent().size(), 1u);
}

}  // namespace
}  // namespace osier::net
