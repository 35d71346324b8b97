// SPDX-License-Identifier: Apache-2.0
// Text formatting: the part that is shared by all call sites.

#include "console/format.hpp"

namespace osier::format_detail {
namespace {

void fill(sink& out, char character, unsigned count) {
  for (; count != 0; --count) out.put(character);
}

// Not inlined into each of its callers: text size matters more here than time.
[[gnu::noinline]] void write_padded(sink& out, const format_spec& spec, std::string_view text,
                                    char default_align) {
  const auto length = static_cast<unsigned>(text.size());
  const unsigned padding = spec.width > length ? spec.width - length : 0;
  const bool to_the_right = (spec.align == 0 ? default_align : spec.align) == '>';
  if (to_the_right) fill(out, ' ', padding);
  out.write(text);
  if (!to_the_right) fill(out, ' ', padding);
}

void write_number(sink& out, const format_spec& spec, std::uint64_t magnitude, bool negative) {
  const unsigned base = spec.type == 'b' ? 2 : spec.type == 'x' || spec.type == 'X' ? 16 : 10;
  const char* const digits = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  const unsigned prefix = (negative ? 1 : 0) + (spec.alternate ? 2 : 0);

  // The longest: a sign, 0b and 64 digits, or as many zeros as the width asks for.
  char buffer[format_spec::max_width];
  char* const end = buffer + sizeof(buffer);
  char* begin = end;
  do {
    *--begin = digits[magnitude % base];
    magnitude /= base;
  } while (magnitude != 0);
  if (spec.zero_fill) {
    while (static_cast<unsigned>(end - begin) + prefix < spec.width) *--begin = '0';
  }
  if (spec.alternate) {
    *--begin = spec.type;
    *--begin = '0';
  }
  if (negative) *--begin = '-';
  write_padded(out, spec, {begin, static_cast<std::size_t>(end - begin)}, '>');
}

}  // namespace

void format_unsigned(sink& out, const format_spec& spec, argument value) {
  write_number(out, spec, value.integer, false);
}

void format_signed(sink& out, const format_spec& spec, argument value) {
  // Negated as unsigned, for the lowest value has no positive counterpart.
  const bool negative = static_cast<std::int64_t>(value.integer) < 0;
  write_number(out, spec, negative ? 0 - value.integer : value.integer, negative);
}

void format_bool(sink& out, const format_spec& spec, argument value) {
  write_padded(out, spec, value.integer != 0 ? "true" : "false", '<');
}

void format_char(sink& out, const format_spec& spec, argument value) {
  const char character = static_cast<char>(value.integer);
  write_padded(out, spec, {&character, 1}, '<');
}

void format_c_string(sink& out, const format_spec& spec, argument value) {
  write_padded(out, spec, value.text != nullptr ? value.text : "(null)", '<');
}

void format_string_view(sink& out, const format_spec& spec, argument value) {
  // SAFETY: erase stored the address of a string_view for this formatter.
  write_padded(out, spec, *static_cast<const std::string_view*>(value.object), '<');
}

void format_pointer(sink& out, const format_spec& spec, argument value) {
  write_number(out, {.align = spec.align, .type = 'x', .alternate = true, .width = spec.width},
               value.integer, false);
}

void vformat(sink& out, const char* format, const formatter* formatters,
             const argument* arguments) {
  for (;;) {
    const char* const begin = format;
    while (*format != '{' && *format != '}' && *format != '\0') ++format;
    const char brace = *format;
    // A doubled brace is printed once: as the last character of the text before it.
    const bool doubled = brace != '\0' && format[1] == brace;
    if (doubled) ++format;
    if (format != begin) out.write({begin, static_cast<std::size_t>(format - begin)});
    if (brace == '\0') return;
    ++format;
    if (doubled) continue;
    const format_spec spec = parse_spec(format);
    ++format;
    (*formatters++)(out, spec, *arguments++);
  }
}

}  // namespace osier::format_detail
