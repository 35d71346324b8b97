// SPDX-License-Identifier: Apache-2.0
// A UDP echo client on the wire.
//
// A payload is a function of its sequence number: an echo is verified without a copy of what was
// sent, and one that carries another datagram's bytes is found.
#include "echo_client.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace osier::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t word_size = sizeof(std::uint64_t);
constexpr auto retry_interval = 1ms;
constexpr int arp_tries = 100;
constexpr std::size_t probe_payload = 64;

// Word 0 is the sequence number, the others are mixed from it (Weyl sequence, one multiplication).
std::uint64_t payload_word(std::uint64_t sequence, std::size_t index) {
  return index == 0 ? sequence : (sequence * 4096 + index) * 0x9e37'79b9'7f4a'7c15;
}

void write_payload(std::span<std::uint8_t> payload, std::uint64_t sequence) {
  for (std::size_t at = 0; at < payload.size(); at += word_size) {
    const std::uint64_t word = payload_word(sequence, at / word_size);
    std::memcpy(&payload[at], &word, std::min(word_size, payload.size() - at));
  }
}

bool is_payload(std::span<const std::uint8_t> payload, std::uint64_t sequence) {
  std::uint64_t difference = 0;
  for (std::size_t at = 0; at < payload.size(); at += word_size) {
    const std::size_t count = std::min(word_size, payload.size() - at);
    std::uint64_t expected = payload_word(sequence, at / word_size);
    std::uint64_t word = expected;
    std::memcpy(&word, &payload[at], count);
    difference |= word ^ expected;
  }
  return difference == 0;
}

}  // namespace

std::chrono::nanoseconds echo_result::percentile(double percent) {
  if (latencies.empty()) return {};
  const auto last = static_cast<double>(latencies.size() - 1);
  const auto nth = latencies.begin() + static_cast<std::ptrdiff_t>(last * percent / 100);
  std::ranges::nth_element(latencies, nth);
  return *nth;
}

echo_client::echo_client(wire& wire, const endpoint& self, ipv4_address server_ip,
                         std::uint16_t server_port)
    : wire_(wire),
      self_(self),
      server_{.mac = broadcast_mac, .ip = server_ip, .port = server_port} {}

std::optional<clock::time_point> echo_client::first_echo(clock::time_point until) {
  echo_result result;
  bool known = false;
  int tries = 0;
  auto now = clock::now();
  for (auto next = now; now < until; next = now + retry_interval) {
    if (!known) send_arp(arp_operation::request, broadcast_mac, server_.ip);
    if (known || ++tries > arp_tries) send_datagram(probe_payload, now);
    while (wire_.wait(next)) {
      now = clock::now();
      for (auto frame = wire_.receive(); !frame.empty(); frame = wire_.receive()) {
        handle(frame, now, result);
      }
      if (result.answered != 0) {
        abandon(clock::time_point::max(), result);
        return now;
      }
      if (!known && server_.mac != broadcast_mac) {
        known = true;
        send_datagram(probe_payload, now);
      }
    }
    now = clock::now();
  }
  return {};
}

echo_result echo_client::run(const echo_load& load) {
  echo_result result;
  result.latencies.reserve(load.packets);
  const auto start = clock::now();
  auto now = start;
  auto last_answer = start;
  std::uint64_t sent = 0;
  while (true) {
    for (; sent < load.packets && unanswered_ < load.window; ++sent) {
      send_datagram(load.payload, now);
    }
    if (outstanding_.empty()) break;

    const bool arrived = wire_.wait(outstanding_.front().sent + load.timeout);
    now = clock::now();
    const auto answered = result.answered;
    if (arrived) {
      for (auto frame = wire_.receive(); !frame.empty(); frame = wire_.receive()) {
        handle(frame, now, result);
      }
    }
    if (result.answered != answered) last_answer = now;
    if (now - last_answer >= load.patience) {
      throw guest_silent(std::to_string(result.answered) + " of " + std::to_string(sent) +
                         " datagrams were answered, then none for " +
                         std::to_string(load.patience.count()) + " ms");
    }
    abandon(now - load.timeout, result);
  }
  result.elapsed = last_answer - start;
  return result;
}

void echo_client::send_arp(arp_operation operation, const mac_address& to, ipv4_address ip) {
  const bool request = operation == arp_operation::request;
  write_arp(wire_.send(arp_frame_size), to,
            {.operation = operation,
             .sender_mac = self_.mac,
             .sender_ip = self_.ip,
             .target_mac = request ? mac_address{} : to,
             .target_ip = ip});
}

void echo_client::send_datagram(std::size_t payload, clock::time_point now) {
  const auto frame = wire_.send(udp_header_size + payload);
  write_payload(frame.subspan(udp_header_size), first_ + outstanding_.size());
  write_udp_header(frame, self_, server_);
  outstanding_.push_back({.sent = now, .payload = payload});
  ++unanswered_;
}

void echo_client::handle(std::span<const std::uint8_t> frame, clock::time_point now,
                         echo_result& result) {
  if (const auto datagram = parse_udp(frame)) {
    const bool unknown = server_.mac == broadcast_mac;
    if (unknown && datagram->from.ip == server_.ip) server_.mac = datagram->from.mac;
    if (datagram->from == server_ && datagram->to == self_) {
      handle_echo(datagram->payload, now, result);
    }
  } else if (const auto arp = parse_arp(frame)) {
    if (arp->sender_ip == server_.ip) server_.mac = arp->sender_mac;
    if (arp->operation == arp_operation::request && arp->target_ip == self_.ip) {
      send_arp(arp_operation::reply, arp->sender_mac, arp->sender_ip);
    }
  }
}

void echo_client::handle_echo(std::span<const std::uint8_t> payload, clock::time_point now,
                              echo_result& result) {
  std::uint64_t sequence;
  if (payload.size() < sizeof sequence) return;
  std::memcpy(&sequence, payload.data(), sizeof sequence);
  const std::uint64_t index = sequence - first_;
  // Too late, or twice.
  if (index >= outstanding_.size() || outstanding_[index].answered) return;
  auto& datagram = outstanding_[index];
  if (payload.size() != datagram.payload || !is_payload(payload, sequence)) {
    ++result.corrupt;
    return;
  }
  datagram.answered = true;
  --unanswered_;
  ++result.answered;
  result.latencies.push_back(now - datagram.sent);
  drop_settled();
}

void echo_client::abandon(clock::time_point sent_before, echo_result& result) {
  while (!outstanding_.empty() && outstanding_.front().sent <= sent_before) {
    if (!outstanding_.front().answered) {
      ++result.lost;
      --unanswered_;
    }
    outstanding_.pop_front();
    ++first_;
  }
  drop_settled();
}

void echo_client::drop_settled() {
  while (!outstanding_.empty() && outstanding_.front().answered) {
    outstanding_.pop_front();
    ++first_;
  }
}

}  // namespace osier::bench
