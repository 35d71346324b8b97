// SPDX-License-Identifier: Apache-2.0
// A datagram's first letter names the fault.
#include <stdlib.h>

#include "machine.hpp"
#include "mem/heap.hpp"

namespace {

constinit mem::tag of_names{"names"};

// Functions of their own, so that the compiler keeps what is wrong, and a report has a name to
// tell.
[[gnu::noinline]] char* new_text(std::size_t size) {
  char* text = new char[size];
  text[0] = '\0';  // after the call, or this function would end in it and not be the caller
  return text;
}
[[gnu::noinline]] bool is_there(const void* bytes) { return bytes != nullptr; }
[[gnu::noinline]] void delete_text(char* text) { delete[] text; }

void commit(char fault) {
  char* text = new_text(20);
  switch (fault) {
    case '2':
      delete_text(text);
      delete_text(text);
      return;
    case 'o':
      text[20] = '!';
      delete_text(text);
      return;
    case 'w': delete_text(&text[8]); return;
    case 'm': delete_text(new_text(0x4000)); return;
    case 'l':
      if (!is_there(malloc(30)) || !is_there(platform::heap().allocate(40, of_names))) return;
      platform::end(0);
    default: delete_text(text);
  }
}

}  // namespace

task<> app_main(machine::console console, machine::request_socket request) {
  for (;;) {
    const auto datagram = co_await request.receive();
    if (datagram.payload().empty()) continue;
    commit(static_cast<char>(datagram.payload()[0]));
    console.print("survived\n");
  }
}
