// SPDX-License-Identifier: Apache-2.0
// ARP: what is sent, what is learned, what is forgotten, and how an address is asked for.
#include "net/arp.hpp"
#include "time/alarm.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "host/frames.hpp"
#include "host/link.hpp"
#include "host/net_config.hpp"
#include "host/platform.hpp"
#include "net/interface.hpp"

namespace osier::net {
namespace {

using namespace std::chrono_literals;
using host::address_of;
using host::bytes;

class arp : public testing::Test {
 protected:
  void SetUp() override {
    frames_ = host::free_frames();
    host::fill_pool(8);
    host::renew_stack();
    host::sent.clear();
  }
  void TearDown() override {
    host::run_until_idle();
    EXPECT_EQ(packets.available(), 8u);
    EXPECT_EQ(host::free_frames(), frames_);
  }

  static void receive(const bytes& frame) {
    host::interface::handle(host::arrived(frame));
    host::restore_buffers();
  }
  static std::optional<mac_address> known(const host::ip& address) {
    return neighbours.find(address_of(address), host::clock, host::clock_rate);
  }
  static mac_address mac_of(const host::mac& bytes) { return {bytes}; }
  static host::mac numbered(u8 n) { return {2, 0, 0, 0, 1, n}; }
  static host::ip at(u8 n) { return {10, 0, 2, n}; }

 private:
  std::size_t frames_ = 0;
};

TEST_F(arp, the_announcement_is_a_gratuitous_request) {
  ASSERT_TRUE(async::spawn(announce<host::net_config>()));
  host::run_until_idle();
  EXPECT_EQ(host::take_sent(), host::frames{host::ethernet(host::everyone, host::our_mac, 0x0806,
                                                           host::arp(1, host::our_mac, host::our_ip,
                                                                     host::nobody, host::our_ip))});
}

TEST_F(arp, a_request_for_us_is_answered_to_the_one_who_asked) {
  receive(host::arp_frame(1, host::their_mac, host::their_ip, host::our_ip));
  EXPECT_EQ(host::take_sent(),
            host::frames{host::ethernet(
                host::their_mac, host::our_mac, 0x0806,
                host::arp(2, host::our_mac, host::our_ip, host::their_mac, host::their_ip))});
  EXPECT_EQ(known(host::their_ip), mac_of(host::their_mac));
}

TEST_F(arp, a_probe_is_answered_and_teaches_nothing) {
  receive(host::arp_frame(1, host::their_mac, {0, 0, 0, 0}, host::our_ip));
  EXPECT_EQ(host::take_sent().size(), 1u);
  EXPECT_FALSE(known({0, 0, 0, 0}));
}

TEST_F(arp, a_request_for_another_is_not_answered_and_adds_no_neighbour) {
  receive(host::arp_frame(1, host::their_mac, host::their_ip, host::gateway_ip));
  EXPECT_TRUE(host::take_sent().empty());
  EXPECT_FALSE(known(host::their_ip));
}

TEST_F(arp, a_reply_is_learned_and_not_answered) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  EXPECT_TRUE(host::take_sent().empty());
  EXPECT_EQ(known(host::their_ip), mac_of(host::their_mac));
}

TEST_F(arp, news_of_a_known_neighbour_always_count) {
  receive(host::arp_frame(1, host::their_mac, host::their_ip, host::our_ip));
  receive(host::arp_frame(1, numbered(9), host::their_ip, host::their_ip));
  EXPECT_EQ(known(host::their_ip), mac_of(numbered(9)));
}

TEST_F(arp, nobody_else_is_believed_to_be_us) {
  receive(host::arp_frame(2, host::their_mac, host::our_ip, host::our_ip));
  EXPECT_FALSE(known(host::our_ip));
}

TEST_F(arp, messages_of_another_kind_are_dropped) {
  const bytes good = host::arp_frame(1, host::their_mac, host::their_ip, host::our_ip);
  struct {
    std::size_t at;
    u8 value;
  } const cases[] = {{15, 6}, {14, 1}, {16, 0x86}, {17, 1}, {18, 8}, {19, 16}};
  for (const auto& [at, value] : cases) {
    bytes frame = good;
    frame[at] = value;
    receive(frame);
    EXPECT_TRUE(host::take_sent().empty()) << at;
  }
  EXPECT_EQ(statistics.dropped(drop::bad_header), std::size(cases));
  receive({good.begin(), good.end() - 1});
  EXPECT_EQ(statistics.dropped(drop::too_short), 1u);
  EXPECT_FALSE(known(host::their_ip));
}

TEST_F(arp, other_operations_are_not_answered) {
  receive(host::arp_frame(3, host::their_mac, host::their_ip, host::our_ip));
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(arp, the_oldest_place_is_used_again) {
  for (u8 n = 100; n < 116; ++n) receive(host::arp_frame(2, numbered(n), at(n), host::our_ip));
  for (u8 n = 100; n < 116; ++n) EXPECT_EQ(known(at(n)), mac_of(numbered(n)));
  receive(host::arp_frame(2, numbered(116), at(116), host::our_ip));
  EXPECT_FALSE(known(at(100)));
  for (u8 n = 101; n <= 116; ++n) EXPECT_EQ(known(at(n)), mac_of(numbered(n)));
  // A known neighbour keeps its place.
  receive(host::arp_frame(2, numbered(1), at(116), host::our_ip));
  for (u8 n = 101; n < 116; ++n) EXPECT_EQ(known(at(n)), mac_of(numbered(n)));
  EXPECT_EQ(known(at(116)), mac_of(numbered(1)));
}

TEST_F(arp, an_answer_is_believed_for_its_lifetime) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  host::advance(arp_lifetime - 1us);
  EXPECT_TRUE(known(host::their_ip));
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  host::advance(arp_lifetime - 1us);
  EXPECT_TRUE(known(host::their_ip));
  host::advance(1us);
  EXPECT_FALSE(known(host::their_ip));
}

TEST(route, goes_to_the_neighbour_to_the_gateway_or_nowhere) {
  using with = host::net_config;
  using without = host::net_config_without_gateway;
  const ipv4_address near = address_of(host::their_ip);
  const ipv4_address far = address_of(host::far_ip);
  EXPECT_EQ(route<with>(near), near);
  EXPECT_EQ(route<with>(far), address_of(host::gateway_ip));
  EXPECT_EQ(route<without>(near), near);
  EXPECT_EQ(route<without>(far), std::nullopt);
}

// Asking.

class asking : public arp {
 protected:
  // What a task that asked was told, once it was.
  struct answer {
    bool done = false;
    std::optional<mac_address> mac;
  };
  static task<> ask(const host::ip& address, answer& told) {
    told.mac = co_await resolve<host::net_config>(address_of(address));
    told.done = true;
  }
  static bytes question(const host::ip& address) {
    return host::ethernet(host::everyone, host::our_mac, 0x0806,
                          host::arp(1, host::our_mac, host::our_ip, host::nobody, address));
  }
};

TEST_F(asking, a_known_neighbour_is_not_asked_for) {
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_EQ(told.mac, mac_of(host::their_mac));
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(asking, an_answer_ends_the_wait) {
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::run_until_idle();
  EXPECT_EQ(host::take_sent(), host::frames{question(host::their_ip)});
  EXPECT_FALSE(told.done);
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  host::run_until_idle();
  EXPECT_TRUE(told.done);
  EXPECT_EQ(told.mac, mac_of(host::their_mac));
  host::advance(5s);
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(asking, is_repeated_and_given_up) {
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::run_until_idle();
  for (int attempt = 1; attempt <= arp_attempts; ++attempt) {
    EXPECT_EQ(host::take_sent(), host::frames{question(host::their_ip)}) << attempt;
    EXPECT_FALSE(told.done);
    host::advance(arp_patience - 1us);
    EXPECT_TRUE(host::take_sent().empty());
    host::advance(1us);
  }
  EXPECT_TRUE(told.done);
  EXPECT_EQ(told.mac, std::nullopt);
  EXPECT_TRUE(host::take_sent().empty());
}

TEST_F(asking, an_answer_to_a_repeated_question_counts) {
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::advance(arp_patience * 2 + 1us);
  EXPECT_EQ(host::take_sent().size(), 3u);
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  host::run_until_idle();
  EXPECT_EQ(told.mac, mac_of(host::their_mac));
}

TEST_F(asking, the_answer_of_another_neighbour_does_not_end_the_wait) {
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::advance(arp_patience - 1us);
  host::take_sent();
  for (u8 n = 1; n < 5; ++n) {
    receive(host::arp_frame(2, numbered(n), at(n), host::our_ip));
    host::run_until_idle();
  }
  EXPECT_FALSE(told.done);
  EXPECT_TRUE(host::take_sent().empty()) << "news of others must not shorten an attempt";
  host::advance(1us);
  EXPECT_EQ(host::take_sent().size(), 1u);
  host::advance(arp_patience * arp_attempts);
  EXPECT_TRUE(told.done);
  EXPECT_EQ(told.mac, std::nullopt);
}

TEST_F(asking, several_tasks_are_told_by_one_answer) {
  answer told[3];
  for (answer& each : told) ASSERT_TRUE(async::spawn(ask(host::their_ip, each)));
  host::run_until_idle();
  receive(host::arp_frame(2, host::their_mac, host::their_ip, host::our_ip));
  host::run_until_idle();
  for (const answer& each : told) EXPECT_EQ(each.mac, mac_of(host::their_mac));
}

TEST_F(asking, asks_at_a_later_attempt_where_there_is_no_buffer) {
  std::vector<packet<packet_state::receiving>> taken;
  while (packets.available() > 0) taken.push_back(packets.take_to_receive());
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::run_until_idle();
  EXPECT_TRUE(host::take_sent().empty());
  taken.clear();
  host::advance(arp_patience);
  host::run_until_idle();
  EXPECT_EQ(host::take_sent().size(), 1u);
  host::advance(arp_patience * arp_attempts);
  EXPECT_TRUE(told.done);
}

// Those who hold the buffers may all be waiting here.
TEST_F(asking, gives_up_where_no_buffer_comes_back) {
  std::vector<packet<packet_state::receiving>> taken;
  while (packets.available() > 0) taken.push_back(packets.take_to_receive());
  answer told;
  ASSERT_TRUE(async::spawn(ask(host::their_ip, told)));
  host::advance(arp_patience * (arp_attempts + 1));
  EXPECT_TRUE(told.done);
  EXPECT_TRUE(host::take_sent().empty());
}

}  // namespace
}  // namespace osier::net
