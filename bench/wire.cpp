// SPDX-License-Identifier: Apache-2.0
// The Ethernet wire, over one non-blocking socket: one send and one receive a batch.
#include "wire.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace osier::bench {
namespace {

constexpr std::size_t prefix_size = 4;
constexpr std::size_t largest_frame = 0x10000 + 0x1000;  // QEMU's own limit
constexpr std::size_t read_size = 0x4'0000;              // at least one whole frame

timespec time_left(clock::time_point until) {
  const auto left = std::max(until - clock::now(), clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

wire::wire(file stream) : stream_(std::move(stream)), incoming_(4 * read_size) {}

std::span<std::uint8_t> wire::send(std::size_t length) {
  if (written_ == outgoing_.size()) {
    outgoing_.clear();
    written_ = 0;
  }
  const std::size_t at = outgoing_.size();
  outgoing_.resize(at + prefix_size + length);
  for (std::size_t i = 0; i < prefix_size; ++i) {
    outgoing_[at + i] = static_cast<std::uint8_t>(length >> 8 * (prefix_size - 1 - i));
  }
  return std::span(outgoing_).subspan(at + prefix_size);
}

bool wire::wait(clock::time_point until) {
  while (true) {
    if (written_ < outgoing_.size()) write_some();
    if (frame_complete()) return true;

    const bool pending = written_ < outgoing_.size();
    const short wanted = pending ? POLLIN | POLLOUT : POLLIN;
    pollfd descriptor = {.fd = stream_.number(), .events = wanted, .revents = 0};
    const timespec left = time_left(until);
    const int ready = ppoll(&descriptor, 1, &left, nullptr);
    if (ready < 0 && errno != EINTR) throw_errno("poll");
    if (ready == 0) return false;
    if (ready > 0 && (descriptor.revents & ~POLLOUT) != 0) read_some();
  }
}

std::span<const std::uint8_t> wire::receive() {
  if (!frame_complete()) return {};
  const auto frame = std::span(incoming_).subspan(begin_ + prefix_size, frame_length());
  begin_ += prefix_size + frame.size();
  return frame;
}

void wire::write_some() {
  const auto count = ::send(stream_.number(), outgoing_.data() + written_,
                            outgoing_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) {
    written_ += static_cast<std::size_t>(count);
  } else if (errno == EPIPE || errno == ECONNRESET) {
    throw wire_closed("the other side of the wire has gone");
  } else if (!would_block()) {
    throw_errno("send");
  }
}

void wire::read_some() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (incoming_.size() - end_ < read_size) {
    std::copy(incoming_.data() + begin_, incoming_.data() + end_, incoming_.data());
    end_ -= begin_;
    begin_ = 0;
  }
  const auto count =
      ::recv(stream_.number(), incoming_.data() + end_, incoming_.size() - end_, MSG_DONTWAIT);
  if (count > 0) {
    end_ += static_cast<std::size_t>(count);
    if (end_ - begin_ >= prefix_size && frame_length() > largest_frame) {
      throw std::runtime_error("the wire is out of step: a frame of impossible length");
    }
  } else if (count == 0 || errno == ECONNRESET) {
    throw wire_closed("the other side of the wire has gone");
  } else if (!would_block()) {
    throw_errno("recv");
  }
}

bool wire::frame_complete() const {
  return end_ - begin_ >= prefix_size && end_ - begin_ - prefix_size >= frame_length();
}

std::size_t wire::frame_length() const {
  std::size_t length = 0;
  for (std::size_t i = 0; i < prefix_size; ++i) length = length << 8 | incoming_[begin_ + i];
  return length;
}

}  // namespace osier::bench
