// SPDX-License-Identifier: Apache-2.0
// Text formatting whose format strings are checked by the compiler.
//
//   format_to(out, "irq {} at {:#010x}: {}\n", 33, address, "text");
//
// A placeholder is `{}` or `{:[<|>][#][0][width][type]}`; `{{` and `}}` print one brace.
//   < >    align to the left, right    0      fill with zeros        type   d x X b
//   #      write 0x, 0X or 0b          width  columns at least
// Integers take all of it; bool, char, strings and pointers take alignment and width.
//
// A type T of yours is printed by `void format_value(sink&, const format_spec&, const T&)` in T's
// namespace. It takes `{}` alone, or what another type takes if T says `using format_like =
// unsigned;` and its format_value passes the spec on.
//
// Nothing allocates and nothing fails. Context: any in which the sink's writer may be called.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace osier {

// Where text goes: a function and its context.
class sink {
 public:
  using writer = void (*)(void* context, std::string_view text);

  constexpr sink(writer write, void* context) : write_(write), context_(context) {}

  void write(std::string_view text) { write_(context_, text); }
  void put(char character) { write({&character, 1}); }

 private:
  writer write_;
  void* context_;
};

struct format_spec {
  static constexpr unsigned max_width = 99;

  char align = 0;  // '<', '>' or 0: integers and pointers to the right, the rest to the left
  char type = 0;   // 'd', 'x', 'X', 'b' or 0
  bool alternate = false;
  bool zero_fill = false;
  unsigned width = 0;
};

namespace format_detail {

// Never defined. A mistake in a format string calls one of these in a constant expression, and the
// compiler's error shows its name.
void format_has_more_placeholders_than_arguments();
void format_has_more_arguments_than_placeholders();
void format_has_an_opening_brace_that_is_never_closed();
void format_has_a_lone_closing_brace_write_it_twice();
void format_placeholder_must_be_empty_or_start_with_a_colon();
void format_spec_must_end_after_its_type_letter();
void format_type_letter_must_be_d_x_X_or_b();
void format_width_must_not_exceed_99();
void format_hash_needs_the_type_letter_x_X_or_b();
void format_cannot_align_and_fill_with_zeros_at_once();
void format_hash_zero_and_type_letter_are_for_integers_only();
void format_spec_must_be_empty_for_this_type();
void format_contains_a_null_character();

// The value itself where it fits a register, else its address: a call site stores one word for
// each.
union argument {
  std::uint64_t integer;
  const char* text;
  const void* object;
};

using formatter = void (*)(sink& out, const format_spec& spec, argument value);

void format_unsigned(sink& out, const format_spec& spec, argument value);
void format_signed(sink& out, const format_spec& spec, argument value);
void format_bool(sink& out, const format_spec& spec, argument value);
void format_char(sink& out, const format_spec& spec, argument value);
void format_c_string(sink& out, const format_spec& spec, argument value);
void format_string_view(sink& out, const format_spec& spec, argument value);
void format_pointer(sink& out, const format_spec& spec, argument value);

void vformat(sink& out, const char* format, const formatter* formatters, const argument* arguments);

template <typename T, typename... Others>
concept one_of = (std::same_as<T, Others> || ...);

template <typename T>
concept integer = std::integral<T> && sizeof(T) <= sizeof(std::uint64_t) &&
                  !one_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <typename T>
concept object_pointer = std::is_null_pointer_v<T> ||
                         (std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>);

template <typename T>
concept builtin = integer<T> || object_pointer<T> || one_of<T, bool, char, std::string_view>;

template <typename T>
concept user_defined = (std::is_class_v<T> || std::is_enum_v<T>) &&
                       requires(sink& out, const format_spec& spec, const T& value) {
                         format_value(out, spec, value);
                       };

template <typename T>
concept formattable = builtin<T> || user_defined<T>;

template <typename T>
void format_object(sink& out, const format_spec& spec, argument value) {
  // SAFETY: formatter_of and erase are called with the same T.
  format_value(out, spec, *static_cast<const T*>(value.object));
}

template <typename T>
consteval formatter formatter_of() {
  if constexpr (std::same_as<T, bool>)
    return format_bool;
  else if constexpr (std::same_as<T, char>)
    return format_char;
  else if constexpr (std::signed_integral<T>)
    return format_signed;
  else if constexpr (std::unsigned_integral<T>)
    return format_unsigned;
  else if constexpr (one_of<T, const char*, char*>)
    return format_c_string;
  else if constexpr (std::same_as<T, std::string_view>)
    return format_string_view;
  else if constexpr (object_pointer<T>)
    return format_pointer;
  else
    return format_object<T>;
}

template <typename T>
argument erase(const T& value) {
  if constexpr (std::integral<T>)
    return {.integer = static_cast<std::uint64_t>(value)};
  else if constexpr (std::convertible_to<const T&, const char*>)
    return {.text = value};
  else if constexpr (object_pointer<T>)
    // SAFETY: the address is printed and never accessed.
    return {.integer = reinterpret_cast<std::uintptr_t>(value)};
  else
    return {.object = &value};
}

enum class accepts { everything, alignment, nothing };

template <typename T>
consteval accepts accepted_by() {
  if constexpr (integer<T>)
    return accepts::everything;
  else if constexpr (builtin<T>)
    return accepts::alignment;
  else if constexpr (requires { typename T::format_like; })
    return accepted_by<typename T::format_like>();
  else
    return accepts::nothing;
}

// Reads a spec up to its closing brace. `at` stands behind the opening brace.
constexpr format_spec parse_spec(const char*& at) {
  format_spec spec;
  if (*at != ':') return spec;
  ++at;
  if (*at == '<' || *at == '>') spec.align = *at++;
  spec.alternate = *at == '#';
  if (spec.alternate) ++at;
  spec.zero_fill = *at == '0';
  if (spec.zero_fill) ++at;
  for (; *at >= '0' && *at <= '9'; ++at) {
    spec.width = spec.width * 10 + static_cast<unsigned>(*at - '0');
    if consteval {
      if (spec.width > format_spec::max_width) format_width_must_not_exceed_99();
    }
  }
  if (*at != '}' && *at != '\0') spec.type = *at++;
  return spec;
}

consteval void check_spec(const format_spec& spec, accepts accepted) {
  const bool known_type = spec.type == 0 || spec.type == 'd' || spec.type == 'x' ||
                          spec.type == 'X' || spec.type == 'b';
  const bool for_integers = spec.alternate || spec.zero_fill || spec.type != 0;
  if (!known_type) format_type_letter_must_be_d_x_X_or_b();
  if (spec.alternate && (spec.type == 0 || spec.type == 'd'))
    format_hash_needs_the_type_letter_x_X_or_b();
  if (spec.align != 0 && spec.zero_fill) format_cannot_align_and_fill_with_zeros_at_once();
  if (accepted == accepts::alignment && for_integers)
    format_hash_zero_and_type_letter_are_for_integers_only();
  if (accepted == accepts::nothing && (for_integers || spec.align != 0 || spec.width != 0))
    format_spec_must_be_empty_for_this_type();
}

consteval void check_format(const char* at, const char* end, const accepts* accepted,
                            unsigned count) {
  unsigned used = 0;
  while (*at != '\0') {
    const char brace = *at++;
    if (brace != '{' && brace != '}') continue;
    if (*at == brace) {
      ++at;
      continue;
    }
    if (brace == '}') format_has_a_lone_closing_brace_write_it_twice();
    if (*at == '\0') format_has_an_opening_brace_that_is_never_closed();
    if (used == count) format_has_more_placeholders_than_arguments();
    if (*at != '}' && *at != ':') format_placeholder_must_be_empty_or_start_with_a_colon();
    const format_spec spec = parse_spec(at);
    if (*at == '\0') format_has_an_opening_brace_that_is_never_closed();
    if (*at != '}') format_spec_must_end_after_its_type_letter();
    check_spec(spec, accepted[used++]);
    ++at;
  }
  if (at != end) format_contains_a_null_character();
  if (used != count) format_has_more_arguments_than_placeholders();
}

// A string literal arrives as an array and is handled as const char*.
template <typename T>
using passed = std::conditional_t<one_of<std::remove_all_extents_t<T>, char> && std::is_array_v<T>,
                                  const char*, T>;

template <formatter... functions>
inline constexpr formatter formatters[] = {functions...};

template <typename... Args>
struct checked_format {
  static_assert(
      (formattable<Args> && ...),
      "an argument has no format_value(osier::sink&, const osier::format_spec&, const T&) "
      "in the namespace of its type (an enum needs its own, or a cast to an integer)");

  template <std::size_t size>
  consteval checked_format(const char (&format)[size])  // implicit: call sites pass a literal
      : text(format) {
    constexpr accepts accepted[] = {accepted_by<Args>()..., accepts::nothing};
    check_format(format, format + size - 1, accepted, sizeof...(Args));
  }

  const char* text;
};

}  // namespace format_detail

// A format literal, checked against the types of its arguments. A function that takes one and
// passes it on to format_to is checked at its own call sites.
template <typename... Args>
using format_string =
    format_detail::checked_format<format_detail::passed<std::type_identity_t<Args>>...>;

// Inlined, so that a call site is one store for each argument and one call.
template <typename... Args>
[[gnu::always_inline]] inline void format_to(sink& out, format_string<Args...> format,
                                             const Args&... args) {
  using namespace format_detail;
  if constexpr (sizeof...(Args) == 0) {
    vformat(out, format.text, nullptr, nullptr);
  } else {
    const argument arguments[] = {erase<passed<Args>>(args)...};
    vformat(out, format.text, formatters<formatter_of<passed<Args>>()...>, arguments);
  }
}

// For a format_value that prints its type as a number, a string or another such type.
template <typename T>
  requires format_detail::builtin<format_detail::passed<T>>
void format_value(sink& out, const format_spec& spec, const T& value) {
  using passed = format_detail::passed<T>;
  format_detail::formatter_of<passed>()(out, spec, format_detail::erase<passed>(value));
}

}  // namespace osier
