// SPDX-License-Identifier: Apache-2.0
// std::string, whose members libc++'s header leaves to its library.
#include <string>

template class std::basic_string<char>;
