// SPDX-License-Identifier: Apache-2.0
// The heap: blocks side by side in the storage, each behind a header; the free ones in lists by
// size.
#include "mem/heap.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/panic.hpp"
#include "core/symbols.hpp"

namespace osier::mem {
namespace {

constexpr std::size_t guard_size = sizeof(u32);

constexpr std::size_t round_up(std::size_t size) {
  return (size + heap::alignment - 1) / heap::alignment * heap::alignment;
}

}  // namespace

void format_value(sink& out, const format_spec& /*none*/, const place& where) {
  if (where.code_ == 0) {
    format_to(out, "{}:{}", where.line_.file_name(), where.line_.line());
    return;
  }
  // The call is the instruction before; it may be the last of its function.
  const code_place found = find_code(where.code_ - 1);
  format_to(out, "{} + {:#x}", found.function, found.offset + 1);
}

// The header of a block. Its bytes follow; those of a free block begin with its links.
struct alignas(heap::alignment) heap::block {
  u32 seal;    // what the rest must add up to
  u32 size;    // of the block with its header, in bytes, a multiple of the alignment
  u32 before;  // size of the block before; 0: this is the first
  u32 asked;   // bytes asked for
  tag* owner;  // nullptr: the block is free
  place where;

  struct links {
    block* next;
    block* previous;
  };

  std::byte* bytes() {
    // SAFETY: the bytes of a block follow its header, in the same storage.
    return reinterpret_cast<std::byte*>(this + 1);
  }
  const std::byte* bytes() const {
    // SAFETY: as above.
    return reinterpret_cast<const std::byte*>(this + 1);
  }
  links& list() {
    // SAFETY: a free block's bytes are ours, are aligned, and have room for its links.
    return *reinterpret_cast<links*>(bytes());
  }

  // Of its place and sizes: neither another block's header nor data adds up to it by chance.
  u32 sum() const {
    // SAFETY: the addresses are numbers here.
    u32 hash = static_cast<u32>(reinterpret_cast<std::uintptr_t>(this)) ^ 0x0511'e2a7;
    const auto whose = static_cast<u32>(reinterpret_cast<std::uintptr_t>(owner));
    for (const u32 part : {size, before, asked, whose}) {
      hash = std::rotl((hash ^ part) * 0x9e37'79b1, 13);
    }
    return hash;
  }
  void close() { seal = sum(); }
  bool is_whole() const { return seal == sum(); }

  // Behind the bytes asked for lies what an overrun destroys first.
  u32 guard() const {
    // SAFETY: the address is a number here.
    return static_cast<u32>(reinterpret_cast<std::uintptr_t>(this)) ^ 0xa5c3'96f1;
  }
  void put_guard() {
    const u32 value = guard();
    std::memcpy(bytes() + asked, &value, guard_size);
  }
  bool has_guard() const {
    u32 found = 0;
    std::memcpy(&found, bytes() + asked, guard_size);
    return found == guard();
  }
};

// Lists of one first level hold sizes up to twice the least of them, in sixteen equal steps; below
// 256 bytes a step is the alignment.
heap::list_index heap::index_of(std::size_t size) {
  const std::size_t units = size / alignment;
  if (units < second_levels) return {0, static_cast<unsigned>(units)};
  const auto first = static_cast<unsigned>(std::bit_width(units)) - 4;
  return {first, static_cast<unsigned>(units >> (first - 1)) % second_levels};
}

void heap::lend(std::span<std::byte> storage) {
  storage_ = storage;
  // SAFETY: the storage is ours, aligned, and has room for a block.
  auto* all = new (storage_.data()) block{.seal = 0,
                                          .size = static_cast<u32>(storage_.size()),
                                          .before = 0,
                                          .asked = 0,
                                          .owner = nullptr,
                                          .where = std::source_location::current()};
  all->close();
  insert(*all);
}

void* heap::allocate(std::size_t size, tag& owner, place where, std::size_t align) {
  if (size > storage_.size() || align > storage_.size()) return nullptr;
  constexpr std::size_t smallest = sizeof(block) + sizeof(block::links);
  const std::size_t needed =
      round_up(sizeof(block) + std::max(size + guard_size, sizeof(block::links)));
  // In front of bytes that are aligned further must be nothing, or a free block.
  block* found = find(align <= alignment ? needed : needed + align + smallest);
  if (found == nullptr) return nullptr;
  remove(*found);
  // SAFETY: the address is a number here.
  const auto bytes = reinterpret_cast<std::uintptr_t>(found->bytes());
  std::size_t gap = -bytes & (align - 1);
  if (gap != 0) {
    while (gap < smallest) gap += align;
    split(*found, gap);
    insert(*found);
    found = behind(*found);
    remove(*found);
  }
  if (found->size - needed >= smallest) split(*found, needed);

  found->owner = &owner;
  found->asked = static_cast<u32>(size);
  found->where = where;
  found->close();
  found->put_guard();
  ++blocks_;
  ++owner.blocks_;
  owner.bytes_ += size;
  owner.peak_ = std::max(owner.peak_, owner.bytes_);
  if (!owner.known_) {
    owner.known_ = true;
    (last_tag_ == nullptr ? first_tag_ : last_tag_->next_) = &owner;
    last_tag_ = &owner;
  }
  return found->bytes();
}

void* heap::require(std::size_t size, tag& owner, place where, std::size_t align) {
  void* found = allocate(size, owner, where, align);
  if (found != nullptr) return found;
  sink out = begin_panic({});
  format_to(out, "out of memory: {} bytes for {} at {}; {} of the heap's {} bytes are free\n", size,
            owner.name(), where, free_bytes_, storage_.size());
  print_totals(out);
  end_panic();
}

void heap::release(void* pointer) {
  if (pointer == nullptr) return;
  block* given = &taken_block(pointer);
  --given->owner->blocks_;
  given->owner->bytes_ -= given->asked;
  --blocks_;
  given->owner = nullptr;
  given->close();
  if (block* next = behind(*given); next != nullptr && next->owner == nullptr) {
    remove(*next);
    given->size += next->size;
    given->close();
  }
  if (block* previous = before(*given); previous != nullptr && previous->owner == nullptr) {
    remove(*previous);
    previous->size += given->size;
    previous->close();
    given = previous;  // whose own header stays, to tell what is given back twice
  }
  tell_next(*given);
  insert(*given);
}

std::size_t heap::size_of(const void* pointer) const { return taken_block(pointer).asked; }

void* heap::resize(void* pointer, std::size_t size, place where) {
  block& held = taken_block(pointer);
  tag& owner = *held.owner;
  if (size <= held.size - sizeof(block) - guard_size) {
    owner.bytes_ += size - held.asked;
    owner.peak_ = std::max(owner.peak_, owner.bytes_);
    held.asked = static_cast<u32>(size);
    held.where = where;
    held.close();
    held.put_guard();
    return pointer;
  }
  void* moved = allocate(size, owner, where);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, pointer, held.asked);
  release(pointer);
  return moved;
}

bool heap::is_sound() const {
  std::size_t free = 0, taken = 0, last = 0;
  bool last_is_free = false;
  // SAFETY: the storage begins with a block.
  const auto* each = reinterpret_cast<const block*>(storage_.data());
  for (; each != nullptr; each = behind(*each)) {
    if (!each->is_whole() || each->before != last) return false;
    const bool is_free = each->owner == nullptr;
    if (is_free ? last_is_free : !each->has_guard()) return false;
    (is_free ? free : taken) += is_free ? each->size : 1;
    last_is_free = is_free;
    last = each->size;
  }
  return free == free_bytes_ && taken == blocks_;
}

void heap::print_totals(sink out) const {
  for (const tag* each = first_tag_; each != nullptr; each = each->next_) {
    format_to(out, "  mem {}: {} bytes in {} blocks, at most {} bytes\n", each->name(),
              each->bytes(), each->blocks(), each->peak());
  }
}

std::size_t heap::print_leaks(sink out) const {
  // SAFETY: the storage begins with a block.
  const auto* each = reinterpret_cast<const block*>(storage_.data());
  for (; each != nullptr; each = behind(*each)) {
    if (each->owner == nullptr) continue;
    format_to(out, "leak: {} bytes of {}, allocated at {}\n", each->asked, each->owner->name(),
              each->where);
  }
  return blocks_;
}

// A free block of at least that size, from the first list of which every block is.
heap::block* heap::find(std::size_t size) {
  const unsigned step = index_of(size).first;
  if (step > 0) size += (alignment << (step - 1)) - 1;
  const list_index from = index_of(size);
  if (from.first >= first_levels) return nullptr;
  unsigned first = from.first;
  u32 seconds = second_bits_[first] & ~u32{0} << from.second;
  if (seconds == 0) {
    const u32 firsts = first_bits_ & ~u32{0} << first << 1;
    if (firsts == 0) return nullptr;
    first = static_cast<unsigned>(std::countr_zero(firsts));
    seconds = second_bits_[first];
  }
  block* found = lists_[first][static_cast<unsigned>(std::countr_zero(seconds))];
  verify_free(*found);
  return found;
}

void heap::insert(block& free) {
  const list_index at = index_of(free.size);
  block*& head = lists_[at.first][at.second];
  free.list() = {.next = head, .previous = nullptr};
  if (head != nullptr) head->list().previous = &free;
  head = &free;
  first_bits_ |= u32{1} << at.first;
  second_bits_[at.first] |= u32{1} << at.second;
  free_bytes_ += free.size;
}

void heap::remove(block& free) {
  verify_free(free);
  const list_index at = index_of(free.size);
  const auto [next, previous] = free.list();
  (previous != nullptr ? previous->list().next : lists_[at.first][at.second]) = next;
  if (next != nullptr) next->list().previous = previous;
  if (lists_[at.first][at.second] == nullptr) {
    second_bits_[at.first] &= ~(u32{1} << at.second);
    if (second_bits_[at.first] == 0) first_bits_ &= ~(u32{1} << at.first);
  }
  free_bytes_ -= free.size;
}

// Makes two of a block that is in no list; what is behind `size` bytes of it is free and listed.
void heap::split(block& front, std::size_t size) {
  // SAFETY: within the block, whose bytes are ours, and aligned as sizes are.
  auto* rest = new (reinterpret_cast<std::byte*>(&front) + size)
      block{.seal = 0,
            .size = front.size - static_cast<u32>(size),
            .before = static_cast<u32>(size),
            .asked = 0,
            .owner = nullptr,
            .where = front.where};
  front.size = static_cast<u32>(size);
  front.close();
  rest->close();
  tell_next(*rest);
  insert(*rest);
}

// Writes the size of a block, which has changed, into the header of the next one.
void heap::tell_next(const block& changed) {
  block* next = behind(changed);
  if (next == nullptr) return;
  next->before = changed.size;
  next->close();
}

heap::block* heap::behind(const block& each) const {
  // SAFETY: sizes of whole blocks lead from header to header; the storage's end is no block.
  auto* next = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(&each)) + each.size;
  return next == storage_.data() + storage_.size() ? nullptr : &whole(next, each);
}

heap::block* heap::before(const block& each) const {
  if (each.before == 0) return nullptr;
  // SAFETY: as above, the other way.
  auto* self = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(&each));
  return &whole(self - each.before, each);
}

// The block of a header, or a panic where something was written over it.
heap::block& heap::whole(std::byte* header, const block& neighbour) {
  // SAFETY: callers have its place from a whole neighbour.
  block& found = *reinterpret_cast<block*>(header);
  if (!found.is_whole()) {
    panic("the heap is overrun beside {} bytes that were allocated at {}", neighbour.asked,
          neighbour.where);
  }
  return found;
}

// Whether a block could begin at this address.
bool heap::can_begin_at(std::uintptr_t header) const {
  // SAFETY: compared as numbers.
  const std::uintptr_t offset = header - reinterpret_cast<std::uintptr_t>(storage_.data());
  return offset % alignment == 0 && offset < storage_.size() &&
         storage_.size() - offset > sizeof(block);
}

// The block of these bytes, or a panic that says what is wrong with it.
heap::block& heap::taken_block(const void* pointer) const {
  // SAFETY: a number, until there is aligned storage for a header at it.
  const std::uintptr_t header = reinterpret_cast<std::uintptr_t>(pointer) - sizeof(block);
  if (!can_begin_at(header)) panic("{} was not allocated from the heap", pointer);
  block& found = *reinterpret_cast<block*>(header);
  if (!found.is_whole()) {
    panic("{} is no block of the heap, or what lies before it was overrun", pointer);
  }
  if (found.owner == nullptr) {
    panic("{} is freed twice: {} bytes, allocated at {}", pointer, found.asked, found.where);
  }
  if (!found.has_guard()) {
    panic("{} is overrun: {} bytes of {}, allocated at {}", pointer, found.asked,
          found.owner->name(), found.where);
  }
  return found;
}

// Before a block's links are followed: it was not written to since it was given back.
void heap::verify_free(const block& each) const {
  const auto [next, previous] = const_cast<block&>(each).list();  // SAFETY: only read
  const list_index at = index_of(each.size);
  const auto can_be_one = [this](block* other) {
    // SAFETY: a number here.
    return can_begin_at(reinterpret_cast<std::uintptr_t>(other));
  };
  const bool holds = each.is_whole() && each.owner == nullptr &&
                     (next == nullptr || (can_be_one(next) && next->list().previous == &each)) &&
                     (previous == nullptr ? lists_[at.first][at.second] == &each
                                          : can_be_one(previous) && previous->list().next == &each);
  if (!holds) {
    panic("a free block was written to, or overrun: {} bytes, allocated at {}", each.asked,
          each.where);
  }
}

}  // namespace osier::mem
