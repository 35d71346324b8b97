// SPDX-License-Identifier: Apache-2.0
// The checks of IPv4, UDP and ICMP: every malformed case and its reason.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <random>

#include "host/frames.hpp"
#include "host/net_config.hpp"
#include "net/icmp.hpp"
#include "net/ipv4.hpp"
#include "net/udp.hpp"

namespace osier::net {

void PrintTo(drop why, std::ostream* out) { *out << drop_names[static_cast<std::size_t>(why)]; }

namespace {

using host::bytes;
using host::operator+;

// A packet that begins where a heap block does and ends where it ends.
class placed {
 public:
  explicit placed(const bytes& data) : block_{new std::byte[data.size()]}, size_{data.size()} {
    if (size_ > 0) std::memcpy(block_.get(), data.data(), size_);
  }
  std::span<const std::byte> span() const { return {block_.get(), size_}; }
  auto parsed() const { return parse_ipv4(span()); }

 private:
  std::unique_ptr<std::byte[]> block_;
  std::size_t size_;
};

bytes seen(std::span<const std::byte> span) {
  bytes copy(span.size());
  if (!copy.empty()) std::memcpy(copy.data(), span.data(), span.size());
  return copy;
}

void fix_header_checksum(bytes& packet) {
  host::put(packet, 10, 0);
  host::put(packet, 10, host::naive_checksum({packet.begin(), packet.begin() + 20}));
}

TEST(ipv4, a_good_packet_shows_its_header_and_payload) {
  const bytes payload = host::pattern(33);
  const placed packet{host::ipv4({.protocol = 17}, payload)};
  const auto view = packet.parsed();
  ASSERT_TRUE(view);
  EXPECT_EQ(seen(view->payload()), payload);
  EXPECT_EQ(view->header().source, host::address_of(host::their_ip));
  EXPECT_EQ(view->header().destination, host::address_of(host::our_ip));
  EXPECT_EQ(view->header().protocol, ip_protocol::udp);
}

TEST(ipv4, padding_behind_the_packet_is_cut_off) {
  const bytes payload = host::pattern(5);
  const placed packet{host::ipv4({}, payload) + bytes(21, 0xee)};
  const auto view = packet.parsed();
  ASSERT_TRUE(view);
  EXPECT_EQ(seen(view->payload()), payload);
}

TEST(ipv4, every_malformed_header_is_dropped_for_its_reason) {
  struct {
    std::string_view what;
    std::function<void(bytes&)> spoil;
    drop expected;
  } const cases[] = {
      {"nothing", [](bytes& p) { p.clear(); }, drop::too_short},
      {"one byte less than a header", [](bytes& p) { p.resize(19); }, drop::too_short},
      {"version 6", [](bytes& p) { p[0] = 0x65; }, drop::bad_header},
      {"version 0", [](bytes& p) { p[0] = 0x05; }, drop::bad_header},
      {"version 15", [](bytes& p) { p[0] = 0xff; }, drop::bad_header},
      {"four words of header", [](bytes& p) { p[0] = 0x44; }, drop::bad_header},
      {"no header at all", [](bytes& p) { p[0] = 0x40; }, drop::bad_header},
      {"one word of options", [](bytes& p) { p[0] = 0x46; }, drop::ip_options},
      {"most options", [](bytes& p) { p[0] = 0x4f; }, drop::ip_options},
      {"a length of zero", [](bytes& p) { host::put(p, 2, 0); }, drop::bad_length},
      {"a length below the header's", [](bytes& p) { host::put(p, 2, 19); }, drop::bad_length},
      {"a length behind the frame",
       [](bytes& p) { host::put(p, 2, static_cast<u16>(p.size() + 1)); }, drop::bad_length},
      {"the longest length", [](bytes& p) { host::put(p, 2, 0xffff); }, drop::bad_length},
      {"no checksum", [](bytes& p) { host::put(p, 10, 0); }, drop::bad_checksum},
      {"a changed address", [](bytes& p) { p[19] ^= 1; }, drop::bad_checksum},
      {"a changed lifetime", [](bytes& p) { p[8] ^= 0x80; }, drop::bad_checksum},
      {"more fragments",
       [](bytes& p) {
         host::put(p, 6, 0x2000);
         fix_header_checksum(p);
       },
       drop::fragment},
      {"a last fragment",
       [](bytes& p) {
         host::put(p, 6, 0x0001);
         fix_header_checksum(p);
       },
       drop::fragment},
      {"the farthest fragment",
       [](bytes& p) {
         host::put(p, 6, 0x1fff);
         fix_header_checksum(p);
       },
       drop::fragment},
      {"the reserved bit",
       [](bytes& p) {
         host::put(p, 6, 0x8000);
         fix_header_checksum(p);
       },
       drop::fragment},
  };
  for (const auto& [what, spoil, expected] : cases) {
    bytes packet = host::ipv4({}, host::pattern(40));
    spoil(packet);
    const auto view = placed{packet}.parsed();
    ASSERT_FALSE(view) << what;
    EXPECT_EQ(view.error(), expected) << what;
  }
}

TEST(ipv4, either_fragment_permission_is_accepted) {
  for (const u16 fragment : {0x0000, 0x4000}) {
    EXPECT_TRUE(placed{host::ipv4({.fragment = fragment}, {})}.parsed());
  }
}

TEST(ipv4, our_headers_are_as_the_rfc_has_them) {
  std::mt19937 random{1};
  for (int round = 0; round < 500; ++round) {
    const auto size = static_cast<std::size_t>(random() % 1481);
    const host::ip to = {static_cast<u8>(random()), static_cast<u8>(random()),
                         static_cast<u8>(random()), static_cast<u8>(random())};
    const ipv4_header made = make_ipv4_header(host::address_of(host::our_ip), host::address_of(to),
                                              ip_protocol::icmp, size);
    const bytes expected =
        host::ipv4({.source = host::our_ip, .destination = to, .protocol = 1}, bytes(size));
    EXPECT_EQ(std::memcmp(&made, expected.data(), sizeof made), 0);
  }
}

TEST(ipv4, only_another_host_can_be_the_source) {
  constexpr ipv4_address own{10, 0, 2, 15};
  for (const ipv4_address good :
       {ipv4_address{10, 0, 2, 1}, ipv4_address{10, 0, 2, 254}, ipv4_address{10, 0, 3, 0},
        ipv4_address{10, 0, 3, 255}, ipv4_address{1, 0, 0, 0}, ipv4_address{223, 255, 255, 255}}) {
    EXPECT_TRUE(can_be_source(good, own, 24)) << good.value;
  }
  for (const ipv4_address bad :
       {no_address, own, ipv4_address{0, 0, 0, 1}, ipv4_address{127, 0, 0, 1},
        ipv4_address{10, 0, 2, 0}, ipv4_address{10, 0, 2, 255}, ipv4_address{224, 0, 0, 1},
        ipv4_address{240, 0, 0, 1}, ipv4_address{255, 255, 255, 255}}) {
    EXPECT_FALSE(can_be_source(bad, own, 24)) << bad.value;
  }
  EXPECT_TRUE(can_be_source({10, 0, 2, 255}, own, 16));
  EXPECT_FALSE(can_be_source({10, 0, 2, 19}, {10, 0, 2, 17}, 30));
}

TEST(ipv4, networks_by_prefix) {
  constexpr ipv4_address a{10, 0, 2, 15};
  struct {
    ipv4_address b;
    u8 prefix_length;
    bool same;
  } const cases[] = {
      {{10, 0, 2, 255}, 24, true}, {{10, 0, 3, 15}, 24, false}, {{10, 0, 3, 15}, 23, true},
      {{10, 0, 2, 15}, 32, true},  {{10, 0, 2, 14}, 32, false}, {{10, 0, 2, 14}, 31, true},
      {{200, 1, 1, 1}, 0, true},   {{138, 0, 2, 15}, 1, false}, {{11, 0, 2, 15}, 7, true},
  };
  for (const auto& [b, prefix_length, same] : cases) {
    EXPECT_EQ(a.same_network(b, prefix_length), same) << int{prefix_length};
  }
}

// UDP.

class udp : public testing::Test {
 protected:
  static bytes datagram(const bytes& payload) {
    return host::udp(host::their_ip, 1234, host::our_ip, 7, payload);
  }
  // What becomes of a UDP message in a good IPv4 packet.
  static std::expected<bytes, drop> parsed(const bytes& message) {
    const placed packet{host::ipv4({}, message)};
    const auto view = parse_udp(packet.parsed().value());
    if (!view) return std::unexpected{view.error()};
    return seen(view->payload());
  }
};

TEST_F(udp, every_size_up_to_a_full_frame) {
  for (std::size_t size = 0; size <= udp_payload_limit; ++size) {
    const bytes payload = host::pattern(size, size + 1);
    const auto found = parsed(datagram(payload));
    ASSERT_TRUE(found) << size;
    ASSERT_EQ(*found, payload) << size;
  }
}

TEST_F(udp, a_checksum_of_zero_is_none) {
  bytes message = datagram(host::pattern(9));
  host::put(message, 6, 0);
  message[10] ^= 0xff;
  EXPECT_TRUE(parsed(message));
}

TEST_F(udp, a_computed_checksum_of_zero_is_sent_as_all_ones) {
  // The payload is chosen so that the sum of all the rest is 0xffff.
  bytes message = datagram({0, 0});
  host::put(message, 6, 0);
  const u16 rest = host::naive_sum(host::pseudo_header(host::their_ip, host::our_ip, 10) + message);
  host::put(message, 8, static_cast<u16>(~rest));
  host::put(message, 6, 0xffff);
  EXPECT_TRUE(parsed(message));
}

TEST_F(udp, every_bit_counts_in_the_checksum) {
  const bytes good = datagram(host::pattern(31));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    bytes message = good;
    message[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    const auto found = parsed(message);
    ASSERT_FALSE(found) << "bit " << bit;
    const bool in_length = bit / 8 == 4 || bit / 8 == 5;
    if (!in_length) ASSERT_EQ(found.error(), drop::bad_checksum) << "bit " << bit;
  }
}

TEST_F(udp, every_wrong_length_is_dropped) {
  const bytes good = datagram(host::pattern(20));
  for (std::size_t size = 0; size < 8; ++size) {
    const auto found = parsed({good.begin(), good.begin() + size});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error(), drop::too_short) << size;
  }
  for (const u16 length : {u16{0}, u16{7}, u16{29}, u16{0xffff}}) {
    bytes message = good;
    host::put(message, 4, length);
    host::put(message, 6, 0);
    const auto found = parsed(message);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error(), drop::bad_length) << length;
  }
}

TEST_F(udp, what_follows_the_datagram_in_the_packet_is_cut_off) {
  const bytes payload = host::pattern(10);
  const auto found = parsed(datagram(payload) + bytes(7, 0xee));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, payload);
}

// ICMP echo.

class icmp : public testing::Test {
 protected:
  static std::expected<void, drop> checked(const bytes& message) {
    const placed packet{host::ipv4({.protocol = 1}, message)};
    const auto view = parse_echo_request(packet.parsed().value());
    if (!view) return std::unexpected{view.error()};
    return {};
  }
  // The reply that is made of a request, in place.
  static bytes reply_to(bytes request) {
    alignas(4) icmp_header header;
    std::memcpy(&header, request.data(), sizeof header);
    make_echo_reply(header);
    std::memcpy(request.data(), &header, sizeof header);
    return request;
  }
};

TEST_F(icmp, an_echo_request_is_accepted) {
  for (const std::size_t size : {0, 1, 2, 3, 56, 1471, 1472}) {
    EXPECT_TRUE(checked(host::icmp(8, 1, 2, host::pattern(size)))) << size;
  }
}

TEST_F(icmp, everything_else_is_dropped_for_its_reason) {
  bytes wrong_checksum = host::icmp(8, 1, 2, host::pattern(8));
  wrong_checksum[9] ^= 1;
  struct {
    std::string_view what;
    bytes message;
    drop expected;
  } const cases[] = {
      {"nothing", {}, drop::too_short},
      {"half a header", bytes(7), drop::too_short},
      {"a wrong checksum", wrong_checksum, drop::bad_checksum},
      {"an echo reply", host::icmp(0, 1, 2, {}), drop::other_protocol},
      {"unreachable", host::icmp(3, 0, 0, host::pattern(28)), drop::other_protocol},
      {"an echo request with a code", host::icmp(8, 1, 2, {}, 1), drop::other_protocol},
  };
  for (const auto& [what, message, expected] : cases) {
    const auto done = checked(message);
    ASSERT_FALSE(done) << what;
    EXPECT_EQ(done.error(), expected) << what;
  }
}

// Both 0x0000 and 0xffff are zero in one's complement: what counts is that the whole adds up.
TEST_F(icmp, the_updated_checksum_is_the_recomputed_one) {
  std::mt19937 random{1};
  for (int round = 0; round < 20'000; ++round) {
    const auto identifier = static_cast<u16>(random());
    const auto sequence = static_cast<u16>(random());
    const bytes payload = host::pattern(random() % 64, random());
    const bytes reply = reply_to(host::icmp(8, identifier, sequence, payload));
    const bytes expected = host::icmp(0, identifier, sequence, payload);
    ASSERT_EQ(host::naive_sum(reply), 0xffff);
    if (host::half_at(expected, 2) != 0) ASSERT_EQ(reply, expected);
  }
}

TEST_F(icmp, the_updated_checksum_holds_for_every_value_it_can_have) {
  for (u32 sequence = 0; sequence <= 0xffff; ++sequence) {
    const bytes reply = reply_to(host::icmp(8, 0, static_cast<u16>(sequence), {}));
    ASSERT_EQ(host::naive_sum(reply), 0xffff) << "sequence " << sequence;
  }
}

}  // namespace
}  // namespace osier::net
