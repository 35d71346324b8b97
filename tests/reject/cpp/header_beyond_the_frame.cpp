// EXPECT: the header does not fit into a frame
// SPDX-License-Identifier: Apache-2.0
// A header that we write has its place in the frame.

#include "board.hpp"

void write(net::packet_buffer& buffer) {
#ifndef TWIN
  net::header_at<net::ipv4_header, 1500>(buffer).service = 0;
#else
  net::header_at<net::ipv4_header, net::ip_offset>(buffer).service = 0;
#endif
}
