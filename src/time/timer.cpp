// SPDX-License-Identifier: Apache-2.0
// The timer queue: a leftist heap through the timers themselves, the earliest on top.
#include "time/timer.hpp"

#include <utility>

#include "async/executor.hpp"

namespace osier::time {

// In a leftist heap the shortest way down to a missing child is on the right of every timer, and so
// at most log2(n + 1) long. Merging goes down two of those ways and up again; all else is merging.
// The links lie in the timers: there can be as many as there is room for timers.
class timer_queue {
 public:
  void insert(timer& added) {
    added.left_ = added.right_ = added.parent_ = nullptr;
    added.rank_ = 1;
    ++size_;
    const timer* was_first = first_;
    merge(first_, first_, &added);
    if (first_ != was_first) request();
  }

  void remove(timer& removed) {
    timer* parent = removed.parent_;
    if (parent == nullptr) return remove_first();
    --size_;
    removed.rank_ = 0;
    timer*& place = parent->left_ == &removed ? parent->left_ : parent->right_;
    merge(place, removed.left_, removed.right_);
    if (place != nullptr) place->parent_ = parent;
    // The rank grows by one at each step on which it changes: there are at most log2(n + 1).
    for (; parent != nullptr; parent = parent->parent_) {
      const u32 before = parent->rank_;
      balance(*parent);
      if (parent->rank_ == before) return;
    }
  }

  void expire(instant now) {
    while (first_ != nullptr && first_->when_ <= now) {
      timer& due = *first_;
      [[clang::always_inline]] remove_first();
      due.expired_ = true;
      due.who_->unlink();
      async::make_ready(*due.who_);
    }
    request();
  }

  std::size_t size() const { return size_; }

 private:
  // What has no left has no right.
  void remove_first() {
    --size_;
    timer& removed = *first_;
    removed.rank_ = 0;
    first_ = nullptr;
    if (removed.left_ != nullptr) {
      [[clang::always_inline]] merge(first_, removed.left_, removed.right_);
    }
  }

  static u32 rank(const timer* heap) { return heap != nullptr ? heap->rank_ : 0; }

  static void balance(timer& at) {
    if (rank(at.left_) < rank(at.right_)) std::swap(at.left_, at.right_);
    at.rank_ = rank(at.right_) + 1;
  }

  // Makes one heap of two, at a place for its top, which has no parent.
  static void merge(timer*& top, timer* a, timer* b) {
    timer** place = &top;
    timer* parent = nullptr;
    while (a != nullptr && b != nullptr) {
      if (b->when_ < a->when_) std::swap(a, b);
      *place = a;
      a->parent_ = parent;
      parent = a;
      place = &a->right_;
      a = a->right_;
    }
    timer* rest = a != nullptr ? a : b;
    *place = rest;
    if (rest != nullptr) rest->parent_ = parent;
    for (; parent != nullptr; parent = parent->parent_) balance(*parent);
  }

  // Has the interrupt come for the earliest timer. One that comes for a timer since disarmed finds
  // nothing due, which costs less than a request at each disarm.
  void request() {
    if (first_ != nullptr) platform::set_alarm(first_->when_);
  }

  timer* first_ = nullptr;
  std::size_t size_ = 0;
};

namespace {
constinit timer_queue queue;
constinit u64 alarms = 0;
}  // namespace

void timer::arm(instant when, async::waiter& who) {
  when_ = when;
  who_ = &who;
  expired_ = false;
  queue.insert(*this);
}

void timer::take_out() { queue.remove(*this); }

std::size_t armed_timers() { return queue.size(); }
u64 alarm_count() { return alarms; }

void expire_timers() {
  ++alarms;
  [[clang::always_inline]] queue.expire(platform::now());
}

}  // namespace osier::time
