// SPDX-License-Identifier: Apache-2.0
// Echoes UDP: `udp-echo PORT [BATCH]`. With a batch of 1, recvfrom and sendto; with a larger one,
// recvmmsg and sendmmsg, which move what has arrived in one call each. Prints one line when it
// listens.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { largest_batch = 256, largest_payload = 2048, receive_queue = 4 << 20 };

static char payloads[largest_batch][largest_payload];
static struct sockaddr_in senders[largest_batch];

static struct sockaddr* generic(struct sockaddr_in* address) {
  // SAFETY: the socket interface takes every address as a sockaddr, and heeds the length beside it.
  return (struct sockaddr*)address;
}

// Returns only when a call has failed.
static void echo_one_by_one(int socket) {
  while (1) {
    socklen_t length = sizeof senders[0];
    const ssize_t count =
        recvfrom(socket, payloads[0], largest_payload, 0, generic(&senders[0]), &length);
    if (count < 0) break;
    if (sendto(socket, payloads[0], (size_t)count, 0, generic(&senders[0]), length) < 0) break;
  }
}

static void echo_in_batches(int socket, unsigned batch) {
  static struct iovec pieces[largest_batch];
  static struct mmsghdr messages[largest_batch];
  while (1) {
    for (unsigned i = 0; i < batch; ++i) {
      pieces[i] = (struct iovec){.iov_base = payloads[i], .iov_len = largest_payload};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i],
                                            .msg_namelen = sizeof senders[i],
                                            .msg_iov = &pieces[i],
                                            .msg_iovlen = 1};
    }
    const int count = recvmmsg(socket, messages, batch, MSG_WAITFORONE, NULL);
    if (count < 0) return;
    for (int i = 0; i < count; ++i) pieces[i].iov_len = messages[i].msg_len;
    for (int sent = 0; sent < count;) {
      const int more = sendmmsg(socket, messages + sent, (unsigned)(count - sent), 0);
      if (more < 0) return;
      sent += more;
    }
  }
}

int main(int argc, char** argv) {
  const int port = argc > 1 ? atoi(argv[1]) : 0;
  const int batch = argc > 2 ? atoi(argv[2]) : 1;
  if (port <= 0 || port > 65535 || batch <= 0 || batch > largest_batch) {
    fprintf(stderr, "usage: udp-echo PORT [BATCH], BATCH at most %d\n", largest_batch);
    return 2;
  }
  const int server = socket(AF_INET, SOCK_DGRAM, 0);
  const int queue = receive_queue;
  // Refused to who is not root: then the default's queue must do.
  setsockopt(server, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  if (bind(server, generic(&any), sizeof any) != 0) {
    perror("udp-echo: bind");
    return 1;
  }
  printf("udp-echo: listening on port %d, batches of %d\n", port, batch);
  fflush(stdout);
  if (batch == 1) {
    echo_one_by_one(server);
  } else {
    echo_in_batches(server, (unsigned)batch);
  }
  perror("udp-echo");
  return 1;
}
