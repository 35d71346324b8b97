// SPDX-License-Identifier: Apache-2.0
// The timer queue: a binary heap of pointers, the earliest on top.
#include "time/timer.hpp"

#include <array>
#include <utility>

#include "async/executor.hpp"
#include "config.hpp"
#include "core/panic.hpp"

namespace osier::time {

// One coroutine waits for one thing, so there are never more timers than coroutine frames.
class timer_queue {
 public:
  void insert(timer& added) {
    if (size_ == config::frame_count) panic("more timers than coroutine frames");
    place(added, ++size_);
    rise(added.place_);
    request();
  }

  void remove(timer& removed) {
    const std::size_t hole = removed.place_;
    timer& last = *heap_[size_--];
    removed.place_ = 0;
    if (&last != &removed) {
      place(last, hole);
      rise(hole);
      sink(last.place_);
    }
  }

  void expire() {
    const instant now = platform::now();
    while (size_ > 0 && heap_[1]->when_ <= now) {
      timer& due = *heap_[1];
      remove(due);
      due.expired_ = true;
      due.who_->unlink();
      async::make_ready(*due.who_);
    }
    request();
  }

 private:
  // Heap places start at 1: the children of n are 2n and 2n + 1.
  void place(timer& which, std::size_t at) {
    heap_[at] = &which;
    which.place_ = at;
  }

  void exchange(std::size_t a, std::size_t b) {
    timer& was_a = *heap_[a];
    place(*heap_[b], a);
    place(was_a, b);
  }

  bool earlier(std::size_t a, std::size_t b) const { return heap_[a]->when_ < heap_[b]->when_; }

  void rise(std::size_t at) {
    for (; at > 1 && earlier(at, at / 2); at /= 2) exchange(at, at / 2);
  }

  void sink(std::size_t at) {
    for (;;) {
      std::size_t child = 2 * at;
      if (child > size_) return;
      if (child < size_ && earlier(child + 1, child)) ++child;
      if (!earlier(child, at)) return;
      exchange(child, at);
      at = child;
    }
  }

  // Has the interrupt come for the earliest timer. One that comes for a timer since disarmed finds
  // nothing due, which costs less than a request at each disarm.
  void request() {
    if (size_ > 0) platform::set_alarm(heap_[1]->when_);
  }

  std::size_t size_ = 0;
  std::array<timer*, config::frame_count + 1> heap_ = {};
};

namespace {
constinit timer_queue queue;
}

void timer::arm(instant when, async::waiter& who) {
  when_ = when;
  who_ = &who;
  expired_ = false;
  queue.insert(*this);
}

void timer::disarm() {
  if (armed()) queue.remove(*this);
}

task<> serve_alarms(async::event& alarm) {
  for (;;) {
    co_await alarm.wait();
    queue.expire();
  }
}

}  // namespace osier::time
