// SPDX-License-Identifier: Apache-2.0
// The wire and its echo client against a fake guest that loses, corrupts and reorders frames.
#include "wire.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "echo_client.hpp"
#include "frame.hpp"

namespace osier::bench {
namespace {

using namespace std::chrono_literals;
using frame_bytes = std::vector<std::uint8_t>;

constexpr endpoint host = {.mac = {2, 0, 0, 0, 0, 1}, .ip = ipv4(10, 0, 2, 2), .port = 40000};
constexpr std::size_t probe_frame_size =
    42 + 64;  // `first_echo` sends these, nobody knows how many
constexpr endpoint server = {.mac = {2, 0, 0, 0, 0, 9}, .ip = ipv4(10, 0, 2, 15), .port = 7};

// From QEMU's side of the socket, with the byte order written out: no code of the wire's own.
class fake_guest {
 public:
  // Gets each echo of a load, numbered from 0, and adds it to the answers: changed, twice or not.
  using fault = std::function<void(std::uint64_t number, const frame_bytes& echo,
                                   std::vector<frame_bytes>& answers)>;

  fake_guest(file stream, fault fault, bool knows_arp = true)
      : stream_(std::move(stream)),
        fault_(std::move(fault)),
        knows_arp_(knows_arp),
        thread_([this] { serve(); }) {}

 private:
  bool read_all(std::uint8_t* bytes, std::size_t count) {
    while (count > 0) {
      const auto got = ::read(stream_.number(), bytes, count);
      if (got <= 0) return false;
      bytes += got;
      count -= static_cast<std::size_t>(got);
    }
    return true;
  }

  void write_frame(const frame_bytes& frame) {
    frame_bytes bytes = {0, 0, static_cast<std::uint8_t>(frame.size() / 256),
                         static_cast<std::uint8_t>(frame.size() % 256)};
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    // In two pieces that split the length: the wire must join them. The client may have left.
    if (::send(stream_.number(), bytes.data(), 3, MSG_NOSIGNAL) != 3) return;
    [[maybe_unused]] const auto sent =
        ::send(stream_.number(), bytes.data() + 3, bytes.size() - 3, MSG_NOSIGNAL);
  }

  void serve() {
    std::uint8_t length[4];
    while (read_all(length, 4)) {
      frame_bytes frame(length[2] * 256u + length[3]);
      if (!read_all(frame.data(), frame.size())) return;
      std::vector<frame_bytes> answers;
      if (frame[12] == 8 && frame[13] == 6) {
        if (knows_arp_) answers.push_back(arp_reply(frame));
      } else if (frame.size() == probe_frame_size) {
        answers.push_back(echo(frame));
      } else {
        fault_(number_++, echo(frame), answers);
      }
      for (const auto& answer : answers) write_frame(answer);
    }
  }

  static frame_bytes arp_reply(frame_bytes frame) {
    std::copy_n(frame.begin() + 6, 6, frame.begin());
    std::ranges::copy(server.mac, frame.begin() + 6);
    frame[21] = 2;
    std::copy_n(frame.begin() + 22, 10, frame.begin() + 32);
    std::ranges::copy(server.mac, frame.begin() + 22);
    const std::uint8_t ip[] = {10, 0, 2, 15};
    std::ranges::copy(ip, frame.begin() + 28);
    return frame;
  }

  // Swapped addresses and ports leave every checksum as it is.
  static frame_bytes echo(frame_bytes frame) {
    std::swap_ranges(frame.begin(), frame.begin() + 6, frame.begin() + 6);
    std::swap_ranges(frame.begin() + 26, frame.begin() + 30, frame.begin() + 30);
    std::swap_ranges(frame.begin() + 34, frame.begin() + 36, frame.begin() + 36);
    return frame;
  }

  file stream_;
  fault fault_;
  bool knows_arp_;
  std::uint64_t number_ = 0;
  std::jthread thread_;
};

struct pair {
  pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw_errno("socketpair");
    near = ends[0];
    far = ends[1];
  }
  int near, far;
};

echo_result run_against(fake_guest::fault fault, const echo_load& load) {
  const pair sockets;
  fake_guest guest(file(sockets.far, "socketpair"), std::move(fault));
  wire wire(file(sockets.near, "socketpair"));
  echo_client client(wire, host, server.ip, server.port);
  EXPECT_TRUE(client.first_echo(clock::now() + 5s));
  return client.run(load);
}

void deliver(std::uint64_t, const frame_bytes& echo, std::vector<frame_bytes>& answers) {
  answers.push_back(echo);
}

TEST(frame, checksum_of_the_rfc_1071_example) {
  const frame_bytes bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum(bytes), 0x220d);
  EXPECT_EQ(checksum(std::span(bytes).first(7)), 0x2304);  // padded with a zero
}

TEST(frame, udp_header_is_byte_exact) {
  frame_bytes frame(udp_header_size + 3);
  frame[42] = 'h', frame[43] = 'i', frame[44] = '!';
  write_udp_header(frame, host, server);
  const frame_bytes expected = {
      2,    0,    0, 0,  0,  9,  2,    0,    0,   0,   0,    1,    0x08, 0x00,  // Ethernet
      0x45, 0,    0, 31, 0,  0,  0x40, 0,    64,  17,  0x22, 0xbe,              // IPv4
      10,   0,    2, 2,  10, 0,  2,    15,                                      //
      0x9c, 0x40, 0, 7,  0,  11, 0xc2, 0x16, 'h', 'i', '!'};                    // UDP
  EXPECT_EQ(frame, expected);
  const auto parsed = parse_udp(frame);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->from, host);
  EXPECT_EQ(parsed->to, server);
  EXPECT_EQ(parsed->payload.size(), 3u);
}

TEST(frame, every_flipped_bit_behind_the_ethernet_header_is_found) {
  frame_bytes frame(udp_header_size + 9, 0x5a);
  write_udp_header(frame, host, server);
  for (std::size_t bit = 14 * 8; bit < frame.size() * 8; ++bit) {
    frame[bit / 8] ^= 1 << bit % 8;
    EXPECT_FALSE(parse_udp(frame)) << "bit " << bit;
    frame[bit / 8] ^= 1 << bit % 8;
  }
  for (std::size_t length = 0; length < frame.size(); ++length) {
    EXPECT_FALSE(parse_udp(std::span(frame).first(length))) << "cut to " << length;
  }
  EXPECT_TRUE(parse_udp(frame));
}

TEST(frame, arp_round_trip) {
  frame_bytes frame(arp_frame_size, 0xff);
  write_arp(frame, broadcast_mac,
            {.operation = arp_operation::request,
             .sender_mac = host.mac,
             .sender_ip = host.ip,
             .target_mac = {},
             .target_ip = server.ip});
  const auto parsed = parse_arp(frame);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->operation, arp_operation::request);
  EXPECT_EQ(parsed->sender_mac, host.mac);
  EXPECT_EQ(parsed->sender_ip, host.ip);
  EXPECT_EQ(parsed->target_ip, server.ip);
  EXPECT_FALSE(parse_udp(frame));
}

TEST(wire, echoes_every_window_and_payload) {
  for (const std::uint32_t window : {1, 8, 32, 128, 256}) {
    for (const std::size_t payload : {8, 9, 64, 1471, 1472}) {
      auto result = run_against(deliver, {.window = window, .payload = payload, .packets = 2000});
      EXPECT_EQ(result.answered, 2000u);
      EXPECT_EQ(result.lost, 0u);
      EXPECT_EQ(result.corrupt, 0u);
      EXPECT_EQ(result.latencies.size(), 2000u);
      EXPECT_LE(result.percentile(50), result.percentile(99));
    }
  }
}

TEST(wire, reaches_a_guest_that_only_swaps_addresses) {
  const pair sockets;
  fake_guest guest(file(sockets.far, "socketpair"), deliver, false);
  wire wire(file(sockets.near, "socketpair"));
  echo_client client(wire, host, server.ip, server.port);
  ASSERT_TRUE(client.first_echo(clock::now() + 5s));
  EXPECT_EQ(client.run({.window = 8, .payload = 64, .packets = 100}).answered, 100u);
}

TEST(wire, counts_what_is_lost) {
  const auto lose = [](std::uint64_t number, const frame_bytes& echo,
                       std::vector<frame_bytes>& answers) {
    if (number % 100 != 99) answers.push_back(echo);
  };
  const auto result =
      run_against(lose, {.window = 32, .payload = 200, .packets = 1000, .timeout = 500ms});
  EXPECT_EQ(result.answered + result.lost, 1000u);
  EXPECT_EQ(result.lost, 10u);
  EXPECT_EQ(result.corrupt, 0u);
}

TEST(wire, finds_wrong_bytes_under_a_right_checksum) {
  const auto corrupt = [](std::uint64_t number, frame_bytes echo,
                          std::vector<frame_bytes>& answers) {
    // Two swapped words: the checksum stays.
    if (number % 100 == 99) std::swap_ranges(&echo[50], &echo[52], &echo[52]);
    answers.push_back(echo);
  };
  const auto result =
      run_against(corrupt, {.window = 8, .payload = 200, .packets = 500, .timeout = 500ms});
  EXPECT_EQ(result.corrupt, 5u);
  EXPECT_EQ(result.lost, 5u);
  EXPECT_EQ(result.answered, 495u);
}

TEST(wire, does_not_take_a_shortened_echo) {
  const auto shorten = [](std::uint64_t number, frame_bytes echo,
                          std::vector<frame_bytes>& answers) {
    if (number == 50) {
      echo.resize(echo.size() - 8);
      write_udp_header(echo, server, host);
    }
    answers.push_back(echo);
  };
  const auto result =
      run_against(shorten, {.window = 8, .payload = 200, .packets = 100, .timeout = 500ms});
  EXPECT_EQ(result.corrupt, 1u);
  EXPECT_EQ(result.lost, 1u);
}

TEST(wire, takes_reordered_and_repeated_echoes_once) {
  const auto shuffle = [held = std::vector<frame_bytes>()](
                           std::uint64_t, const frame_bytes& echo,
                           std::vector<frame_bytes>& answers) mutable {
    held.push_back(echo);
    if (held.size() < 4) return;
    std::ranges::reverse(held);
    held.push_back(held.front());
    answers = std::exchange(held, {});
  };
  const auto result =
      run_against(shuffle, {.window = 32, .payload = 200, .packets = 1000, .timeout = 2s});
  EXPECT_EQ(result.answered, 1000u);
  EXPECT_EQ(result.lost, 0u);
  EXPECT_EQ(result.corrupt, 0u);
}

TEST(wire, ignores_echoes_that_come_after_their_time) {
  const auto delay = [](std::uint64_t number, const frame_bytes& echo,
                        std::vector<frame_bytes>& answers) {
    if (number == 40) std::this_thread::sleep_for(300ms);
    answers.push_back(echo);
  };
  const auto result =
      run_against(delay, {.window = 1, .payload = 200, .packets = 50, .timeout = 100ms});
  EXPECT_EQ(result.answered + result.lost, 50u);
  EXPECT_GE(result.lost, 1u);
  EXPECT_EQ(result.corrupt, 0u);
}

TEST(wire, gives_up_on_a_silent_guest) {
  const pair sockets;
  const file silent(sockets.far, "socketpair");
  wire wire(file(sockets.near, "socketpair"));
  echo_client client(wire, host, server.ip, server.port);
  EXPECT_FALSE(client.first_echo(clock::now() + 50ms));
}

TEST(wire, gives_up_on_a_guest_that_falls_silent) {
  const auto stop = [](std::uint64_t number, const frame_bytes& echo,
                       std::vector<frame_bytes>& answers) {
    if (number < 40) answers.push_back(echo);
  };
  const echo_load load = {
      .window = 4, .payload = 200, .packets = 1000, .timeout = 20ms, .patience = 100ms};
  try {
    run_against(stop, load);
    FAIL() << "it went on";
  } catch (const guest_silent& silent) {
    EXPECT_TRUE(std::string_view{silent.what()}.starts_with("40 of ")) << silent.what();
  }
}

TEST(wire, says_when_the_guest_has_gone) {
  const pair sockets;
  wire wire(file(sockets.near, "socketpair"));
  close(sockets.far);
  EXPECT_THROW(wire.wait(clock::now() + 1s), wire_closed);
}

TEST(wire, answers_arp_for_its_own_address) {
  const pair sockets;
  const file far(sockets.far, "socketpair");
  wire near(file(sockets.near, "socketpair"));
  wire remote(file(dup(far.number()), "dup"));
  write_arp(remote.send(arp_frame_size), broadcast_mac,
            {.operation = arp_operation::request,
             .sender_mac = server.mac,
             .sender_ip = server.ip,
             .target_mac = {},
             .target_ip = host.ip});
  remote.wait(clock::now());
  echo_client client(near, host, server.ip, server.port);
  client.first_echo(clock::now() + 20ms);

  bool replied = false;
  while (remote.wait(clock::now() + 20ms)) {
    const auto arp = parse_arp(remote.receive());
    if (!arp || arp->operation != arp_operation::reply) continue;
    replied = true;
    EXPECT_EQ(arp->sender_mac, host.mac);
    EXPECT_EQ(arp->sender_ip, host.ip);
    EXPECT_EQ(arp->target_mac, server.mac);
    EXPECT_EQ(arp->target_ip, server.ip);
  }
  EXPECT_TRUE(replied);
}

}  // namespace
}  // namespace osier::bench
