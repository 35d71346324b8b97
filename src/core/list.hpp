// SPDX-License-Identifier: Apache-2.0
// An intrusive doubly linked list: O(1) append, pop and removal, and no storage of its own.
#pragma once

namespace osier {

// A place in a list. Unlinks itself when destroyed, so that a list never holds a dead node.
class list_node {
 public:
  constexpr list_node() = default;
  list_node(const list_node&) = delete;
  list_node& operator=(const list_node&) = delete;
  constexpr ~list_node() { unlink(); }

  constexpr bool linked() const { return next_ != nullptr; }

  constexpr void unlink() {
    if (!linked()) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class>
  friend class list;
  list_node* next_ = nullptr;
  list_node* previous_ = nullptr;
};

// A list of T, which derives from list_node. Not to be touched from two contexts at once.
template <class T>
class list {
 public:
  // The head points at itself when the list is empty; it is linked at the first append, so that
  // a static list needs no constructor at run time.
  constexpr list() = default;
  list(const list&) = delete;
  list& operator=(const list&) = delete;
  // A list outlives its nodes: lists are static, nodes lie in coroutine frames.
  ~list() = default;

  constexpr bool empty() const { return head_.next_ == nullptr || head_.next_ == &head_; }

  // Appends a node that is in no list.
  constexpr void push_back(T& item) {
    list_node& node = item;
    if (head_.next_ == nullptr) head_.next_ = head_.previous_ = &head_;
    node.previous_ = head_.previous_;
    node.next_ = &head_;
    head_.previous_->next_ = &node;
    head_.previous_ = &node;
  }

  // The oldest node, which stays in the list, or nullptr where there is none.
  constexpr T* front() {
    // SAFETY: only nodes of type T are ever appended.
    return empty() ? nullptr : static_cast<T*>(head_.next_);
  }

  // Takes the oldest node out, or nullptr where there is none.
  constexpr T* pop_front() {
    T* const oldest = front();
    if (oldest == nullptr) return nullptr;
    list_node& node = *oldest;
    head_.next_ = node.next_;
    node.next_->previous_ = &head_;
    node.next_ = node.previous_ = nullptr;
    return oldest;
  }

 private:
  list_node head_;
};

}  // namespace osier
