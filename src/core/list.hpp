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
  // The head points at itself when the list is empty. That is a constant where the list is static.
  constexpr list() { head_.next_ = head_.previous_ = &head_; }
  list(const list&) = delete;
  list& operator=(const list&) = delete;
  // A list outlives its nodes: lists are static, nodes lie in coroutine frames.
  ~list() = default;

  constexpr bool empty() const { return head_.next_ == &head_; }

  // Appends a node that is in no list.
  constexpr void push_back(T& item) {
    list_node& node = item;
    list_node* const newest = head_.previous_;
    node.previous_ = newest;
    node.next_ = &head_;
    newest->next_ = &node;
    head_.previous_ = &node;
  }

  // The oldest node, which stays in the list, or nullptr where there is none.
  constexpr T* front() {
    // SAFETY: only nodes of type T are ever appended.
    return empty() ? nullptr : static_cast<T*>(head_.next_);
  }

  // Takes the oldest node out, or nullptr where there is none.
  constexpr T* pop_front() {
    if (empty()) return nullptr;
    list_node& oldest = *head_.next_;
    list_node* const next = oldest.next_;
    head_.next_ = next;
    next->previous_ = &head_;
    oldest.next_ = oldest.previous_ = nullptr;
    // SAFETY: only nodes of type T are ever appended.
    return static_cast<T*>(&oldest);
  }

 private:
  list_node head_;
};

}  // namespace osier
