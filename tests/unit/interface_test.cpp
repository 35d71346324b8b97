// SPDX-License-Identifier: Apache-2.0
// The stack of one interface: frames in, frames out, and what becomes of everything else.
#include "net/interface.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "host/boot.hpp"
#include "host/frames.hpp"
#include "host/link.hpp"
#include "host/net_config.hpp"
#include "host/platform.hpp"

namespace osier::net {

void PrintTo(drop why, std::ostream* out) { *out << drop_names[static_cast<std::size_t>(why)]; }

namespace {

using host::bytes;
using host::operator+;
using drops = std::map<drop, u64>;

constexpr std::size_t buffer_count = 16;
constexpr std::size_t queue_limit = 4;

class stack : public testing::Test {
 protected:
  void SetUp() override {
    host::fill_pool(buffer_count);
    host::renew_stack();
    for (const bound_socket& socket : host::sockets) socket.queue->set_limit(queue_limit);
    host::sent.clear();
    host::console.clear();
  }
  void TearDown() override { EXPECT_EQ(packets.available(), buffer_count) << "a buffer is lost"; }

  static void receive(const bytes& frame) {
    host::interface::handle(host::arrived(frame));
    host::restore_buffers();
  }

  // What was counted, without the zeros.
  static drops dropped() {
    drops counts;
    for (std::size_t i = 0; i < static_cast<std::size_t>(drop::count); ++i) {
      const auto why = static_cast<drop>(i);
      if (const u64 count = statistics.dropped(why); count > 0) counts[why] = count;
    }
    return counts;
  }

  // Takes a datagram out of a socket's queue, and its buffer back to the pool.
  template <class Node>
  static bytes take_payload() {
    packet_buffer& buffer = queue_of<Node>.pop();
    // SAFETY: bytes are looked at as bytes.
    const auto* begin = reinterpret_cast<const u8*>(buffer.frame + payload_offset);
    const bytes payload{begin, begin + buffer.payload};
    packets.give_back(buffer);
    return payload;
  }
};

TEST_F(stack, answers_a_ping_byte_for_byte) {
  for (const std::size_t size : {0, 1, 2, 3, 18, 56, 1471, 1472}) {
    const bytes payload = host::pattern(size, static_cast<u32>(size));
    receive(host::ping_frame(0x1234, 7, payload));
    EXPECT_EQ(host::take_sent(),
              host::frames{host::ethernet(
                  host::their_mac, host::our_mac, 0x0800,
                  host::ipv4({.source = host::our_ip, .destination = host::their_ip, .protocol = 1},
                             host::icmp(0, 0x1234, 7, payload)))})
        << size;
  }
  EXPECT_EQ(dropped(), drops{});
}

TEST_F(stack, answers_a_padded_ping_without_its_padding) {
  receive(host::ping_frame(1, 2, {0xaa}) + bytes(17, 0));
  ASSERT_EQ(host::sent.size(), 1u);
  EXPECT_EQ(host::take_sent()[0].size(), 14u + 20 + 8 + 1);
}

TEST_F(stack, answers_a_ping_that_was_sent_to_all) {
  bytes frame = host::ping_frame(1, 2, {});
  std::ranges::fill_n(frame.begin(), 6, 0xff);
  receive(frame);
  EXPECT_EQ(host::take_sent().size(), 1u);
}

TEST_F(stack, queues_a_datagram_for_the_socket_of_its_port) {
  const bytes payload = host::pattern(100);
  receive(host::udp_frame(1234, 7, payload));
  EXPECT_TRUE(queue_of<host::other>.empty());
  ASSERT_FALSE(queue_of<host::echo>.empty());
  EXPECT_EQ(take_payload<host::echo>(), payload);
  receive(host::udp_frame(1234, 65535, {1, 2, 3}));
  EXPECT_TRUE(queue_of<host::echo>.empty());
  EXPECT_EQ(take_payload<host::other>(), (bytes{1, 2, 3}));
  EXPECT_EQ(dropped(), drops{});
  EXPECT_EQ(statistics.received(), 2u);
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(stack, keeps_a_queue_to_its_limit) {
  for (u8 i = 0; i < 7; ++i) receive(host::udp_frame(1234, 7, {i}));
  EXPECT_EQ(dropped(), (drops{{drop::queue_full, 3}}));
  for (u8 i = 0; i < queue_limit; ++i) EXPECT_EQ(take_payload<host::echo>(), bytes{i});
  EXPECT_TRUE(queue_of<host::echo>.empty());
  receive(host::udp_frame(1234, 7, {9}));
  EXPECT_EQ(take_payload<host::echo>(), bytes{9});
}

TEST_F(stack, drops_what_is_not_for_it_and_counts_why) {
  const bytes udp = host::udp(host::their_ip, 1234, host::our_ip, 7, {1});
  const auto to_us = [](const bytes& packet) {
    return host::ethernet(host::our_mac, host::their_mac, 0x0800, packet);
  };
  const host::ip all = {255, 255, 255, 255};
  struct {
    std::string_view what;
    bytes frame;
    drop expected;
  } const cases[] = {
      {"an empty frame", {}, drop::too_short},
      {"half a header", bytes(13, 0xff), drop::too_short},
      {"another host's address", host::ethernet(host::gateway_mac, host::their_mac, 0x0800, {}),
       drop::other_host},
      {"a multicast address", host::ethernet({0x33, 0x33, 0, 0, 0, 1}, host::their_mac, 0x86dd, {}),
       drop::other_host},
      {"IPv6", host::ethernet(host::our_mac, host::their_mac, 0x86dd, bytes(40)),
       drop::other_protocol},
      {"a length instead of a type", host::ethernet(host::our_mac, host::their_mac, 46, bytes(46)),
       drop::other_protocol},
      {"a VLAN tag", host::ethernet(host::our_mac, host::their_mac, 0x8100, bytes(46)),
       drop::other_protocol},
      {"another address", to_us(host::ipv4({.destination = host::gateway_ip}, udp)),
       drop::other_host},
      {"the address of all", to_us(host::ipv4({.destination = all}, udp)), drop::other_host},
      {"TCP", to_us(host::ipv4({.protocol = 6}, bytes(20))), drop::other_protocol},
      {"an echo reply", to_us(host::ipv4({.protocol = 1}, host::icmp(0, 1, 2, {}))),
       drop::other_protocol},
      {"a port without a socket", host::udp_frame(1234, 8, {1}), drop::no_socket},
      {"port 0", host::udp_frame(1234, 0, {1}), drop::no_socket},
      {"options", to_us(host::ipv4({.version_and_words = 0x46, .options = bytes(4)}, udp)),
       drop::ip_options},
      {"a fragment", to_us(host::ipv4({.fragment = 0x2000}, udp)), drop::fragment},
  };
  drops expected;
  for (const auto& [what, frame, why] : cases) {
    receive(frame);
    ++expected[why];
    EXPECT_EQ(dropped(), expected) << what;
    EXPECT_TRUE(host::take_sent().empty()) << what;
  }
  EXPECT_EQ(statistics.received(), std::size(cases));
  EXPECT_TRUE(queue_of<host::echo>.empty());
}

TEST_F(stack, says_why_it_drops_when_asked_to) {
  receive({});
  EXPECT_EQ(host::console, "debug: dropped a frame: too short\n");
}

// Frames that are whole, and what they are answered with.
const bytes whole_frames[] = {
    host::udp_frame(1234, 7, host::pattern(64)),
    host::udp_frame(1234, 7, {}),
    host::ping_frame(1, 2, host::pattern(56)),
    host::arp_frame(1, host::their_mac, host::their_ip, host::our_ip),
};

TEST_F(stack, drops_every_truncation_of_a_good_frame) {
  for (const bytes& whole : whole_frames) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      host::renew(statistics);
      receive({whole.begin(), whole.begin() + size});
      drops counts = dropped();
      ASSERT_EQ(counts.size(), 1u) << size << " of " << whole.size();
      const drop why = counts.begin()->first;
      ASSERT_TRUE(why == drop::too_short || why == drop::bad_length) << size;
      ASSERT_TRUE(host::take_sent().empty());
    }
  }
  EXPECT_TRUE(queue_of<host::echo>.empty());
}

// With an app that answers every datagram with itself.
class serving : public stack {
 protected:
  void SetUp() override {
    stack::SetUp();
    ASSERT_TRUE(async::spawn(echo(running_)));
    host::run_until_idle();
  }
  void TearDown() override {
    running_ = false;
    answer(host::udp_frame(1234, 7, {}));
    stack::TearDown();
  }
  static void answer(const bytes& frame) {
    receive(frame);
    host::run_until_idle();
  }

 private:
  static task<> echo(const bool& running) {
    udp_socket<host::net_config, host::echo> socket{host::entry()};
    while (running) {
      auto datagram = co_await socket.receive();
      co_await socket.send(std::move(datagram).reply());
    }
  }
  bool running_ = true;
};

TEST_F(serving, survives_random_mutations_and_answers_afterwards) {
  std::mt19937 random{2024};
  const bytes good = host::udp_frame(1234, 7, host::pattern(64));
  for (int round = 0; round < 20'000; ++round) {
    bytes frame = whole_frames[random() % std::size(whole_frames)];
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      switch (random() % 4) {
        case 0: frame[random() % frame.size()] ^= static_cast<u8>(1 << random() % 8); break;
        case 1: frame[random() % frame.size()] = static_cast<u8>(random()); break;
        case 2: frame.resize(1 + random() % frame.size()); break;
        default: frame.resize(std::min<std::size_t>(frame.size() + random() % 64, frame_limit));
      }
    }
    // Half of them with a right header checksum, so that the checks behind it are reached.
    if (frame.size() >= 34 && random() % 2 == 0) {
      host::put(frame, 24, 0);
      host::put(frame, 24, host::naive_checksum({frame.begin() + 14, frame.begin() + 34}));
    }
    answer(frame);
    ASSERT_EQ(packets.available(), buffer_count);
    for (const bytes& answer : host::take_sent()) {
      ASSERT_GE(answer.size(), 42u);
      ASSERT_LE(answer.size(), frame.size());
    }
  }
  answer(good);
  const host::frames answers = host::take_sent();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ((bytes{answers[0].begin() + 42, answers[0].end()}), host::pattern(64));
}

}  // namespace
}  // namespace osier::net
