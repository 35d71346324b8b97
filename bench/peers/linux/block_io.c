// SPDX-License-Identifier: Apache-2.0
// Loads a disk with random blocks of 4 KiB by O_DIRECT: `block-io DEVICE [REQUESTS]`. At depth 1 by
// pread and pwrite, at depth 32 by io_uring with registered buffers. The loops, the pauses around
// them, the verification and the lines printed are those of Osier's bench/target/block-io, so that
// one host program measures both.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { block_size = 4096, largest_depth = 32, default_requests = 16384 };

// A loop's direction; the number is that of io_uring's operation.
enum direction { reading = IORING_OP_READ_FIXED, writing = IORING_OP_WRITE_FIXED };

static _Alignas(block_size) char buffers[largest_depth][block_size];
static uint32_t blocks_in_flight[largest_depth];
static uint64_t asked_at[largest_depth];
static uint64_t* latencies;  // of the requests so far, where they are timed

static int disk;
static uint32_t requests;
static uint32_t blocks;  // of the disk: a power of two
static int numbered;     // a block begins with its number; else all are zeros
static int timed;
static uint32_t sequence;  // set anew for each loop

static void check(int good, const char* what) {
  if (good) return;
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// Marsaglia's xorshift: the same blocks in every loop.
static uint32_t random_block(void) {
  sequence ^= sequence << 13;
  sequence ^= sequence >> 17;
  sequence ^= sequence << 5;
  return sequence & (blocks - 1);
}

static void prepare(unsigned slot, enum direction way, uint32_t number) {
  const uint32_t block = random_block();
  blocks_in_flight[slot] = block;
  if (way == writing) memcpy(buffers[slot], (uint32_t[]){block, number + 1}, 8);
  if (timed) asked_at[slot] = now();
}

static void finish(unsigned slot, enum direction way, long result, uint32_t number) {
  if (timed) latencies[number] = now() - asked_at[slot];
  uint32_t found;
  memcpy(&found, buffers[slot], sizeof found);
  const uint32_t wanted = numbered ? blocks_in_flight[slot] : 0;
  if (result == block_size && (way == writing || found == wanted)) return;
  fprintf(stderr, "block-io: block %u: result %ld, number %u\n", blocks_in_flight[slot], result,
          found);
  exit(2);
}

static off_t place(unsigned slot) { return (off_t)blocks_in_flight[slot] * block_size; }

static void run_one_by_one(enum direction way) {
  for (uint32_t number = 0; number < requests; ++number) {
    prepare(0, way, number);
    const ssize_t result = way == writing ? pwrite(disk, buffers[0], block_size, place(0))
                                          : pread(disk, buffers[0], block_size, place(0));
    finish(0, way, result, number);
  }
}

// What of io_uring's two rings is used, as the kernel has mapped them (io_uring_setup(2)).
static struct {
  int file;
  _Atomic uint32_t* submission_tail;
  uint32_t submission_mask;
  struct io_uring_sqe* entries;
  _Atomic uint32_t* completion_head;
  _Atomic uint32_t* completion_tail;
  uint32_t completion_mask;
  struct io_uring_cqe* completions;
} ring;

static void open_ring(void) {
  struct io_uring_params params = {0};
  ring.file = (int)syscall(SYS_io_uring_setup, largest_depth, &params);
  check(ring.file >= 0, "io_uring_setup");
  check(params.features & IORING_FEAT_SINGLE_MMAP, "io_uring: one mapping of both rings");
  const size_t submissions = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
  const size_t completions = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  const size_t size = submissions > completions ? submissions : completions;
  const int shared = MAP_SHARED | MAP_POPULATE;
  char* rings = mmap(NULL, size, PROT_READ | PROT_WRITE, shared, ring.file, IORING_OFF_SQ_RING);
  check(rings != MAP_FAILED, "mmap of the rings");
  ring.entries = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
                      shared, ring.file, IORING_OFF_SQES);
  check(ring.entries != MAP_FAILED, "mmap of the entries");

  // SAFETY: the offsets and types are those of the kernel's interface; each field is aligned.
  ring.submission_tail = (_Atomic uint32_t*)(rings + params.sq_off.tail);
  ring.submission_mask = *(uint32_t*)(rings + params.sq_off.ring_mask);
  ring.completion_head = (_Atomic uint32_t*)(rings + params.cq_off.head);
  ring.completion_tail = (_Atomic uint32_t*)(rings + params.cq_off.tail);
  ring.completion_mask = *(uint32_t*)(rings + params.cq_off.ring_mask);
  ring.completions = (struct io_uring_cqe*)(rings + params.cq_off.cqes);

  // Entry n is always announced by place n.
  uint32_t* announced = (uint32_t*)(rings + params.sq_off.array);
  for (uint32_t i = 0; i < params.sq_entries; ++i) announced[i] = i;

  const struct iovec all = {.iov_base = buffers, .iov_len = sizeof buffers};
  check(syscall(SYS_io_uring_register, ring.file, IORING_REGISTER_BUFFERS, &all, 1) == 0,
        "io_uring_register of the buffers");
}

static void submit(unsigned slot, enum direction way) {
  const uint32_t tail = atomic_load_explicit(ring.submission_tail, memory_order_relaxed);
  ring.entries[tail & ring.submission_mask] = (struct io_uring_sqe){
      .opcode = (uint8_t)way,
      .fd = disk,
      .off = (uint64_t)place(slot),
      .addr = (uintptr_t)buffers[slot],
      .len = block_size,
      .user_data = slot,
  };
  atomic_store_explicit(ring.submission_tail, tail + 1, memory_order_release);
}

// All that has been submitted in between goes to the kernel in one call, which waits for at least
// one completion.
static void run_in_ring(enum direction way, unsigned depth) {
  uint32_t asked = 0;
  uint32_t done = 0;
  uint32_t fresh = 0;
  for (unsigned slot = 0; slot < depth && asked < requests; ++slot, ++asked, ++fresh) {
    prepare(slot, way, asked);
    submit(slot, way);
  }
  while (done < requests) {
    const long taken =
        syscall(SYS_io_uring_enter, ring.file, fresh, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    check(taken >= 0, "io_uring_enter");
    fresh -= (uint32_t)taken;
    uint32_t head = atomic_load_explicit(ring.completion_head, memory_order_relaxed);
    const uint32_t tail = atomic_load_explicit(ring.completion_tail, memory_order_acquire);
    for (; head != tail; ++head) {
      const struct io_uring_cqe* completion = &ring.completions[head & ring.completion_mask];
      const unsigned slot = (unsigned)completion->user_data;
      finish(slot, way, completion->res, done++);
      if (asked == requests) continue;
      prepare(slot, way, asked++);
      submit(slot, way);
      ++fresh;
    }
    atomic_store_explicit(ring.completion_head, head, memory_order_release);
  }
}

static uint64_t run(enum direction way, unsigned depth) {
  sequence = 2463534242;
  const uint64_t begin = now();
  if (depth == 1) {
    run_one_by_one(way);
  } else {
    run_in_ring(way, depth);
  }
  return now() - begin;
}

static int is_less(const void* left, const void* right) {
  const uint64_t a = *(const uint64_t*)left;
  const uint64_t b = *(const uint64_t*)right;
  return a < b ? -1 : a > b;
}

static void pause_for_the_host(void) { usleep(500000); }

static void measure(enum direction way, unsigned depth) {
  printf("block-io: %s %u\n", way == writing ? "write" : "read", depth);
  pause_for_the_host();
  timed = 0;
  const uint64_t took = run(way, depth);
  printf("block-io: %u requests in %llu ns, %llu a second\n", requests, (unsigned long long)took,
         (unsigned long long)(requests * 1000000000ULL / took));
  pause_for_the_host();
  timed = 1;
  run(way, depth);
  qsort(latencies, requests, sizeof *latencies, is_less);
  printf("block-io: half within %llu ns, 99 %% within %llu ns\n",
         (unsigned long long)latencies[requests / 2],
         (unsigned long long)latencies[requests - 1 - requests / 100]);
}

int main(int argc, char** argv) {
  requests = argc > 2 ? (uint32_t)atoi(argv[2]) : default_requests;
  if (argc < 2 || requests == 0) {
    fprintf(stderr, "usage: block-io DEVICE [REQUESTS]\n");
    return 2;
  }
  setlinebuf(stdout);
  disk = open(argv[1], O_RDWR | O_DIRECT);
  check(disk >= 0, argv[1]);
  const off_t size = lseek(disk, 0, SEEK_END);
  check(size >= 2 * block_size, "block-io: a disk of two blocks or more");
  for (blocks = 1; (off_t)blocks * 2 * block_size <= size;) blocks *= 2;
  latencies = calloc(requests, sizeof *latencies);
  check(latencies != NULL, "calloc");

  check(pread(disk, buffers[0], block_size, block_size) == block_size, "the second block");
  uint32_t second;
  memcpy(&second, buffers[0], sizeof second);
  numbered = second != 0;
  open_ring();
  for (unsigned depth = 1; depth <= largest_depth; depth *= largest_depth) {
    measure(reading, depth);
    measure(writing, depth);
  }
  check(fsync(disk) == 0, "fsync");
  return 0;
}
