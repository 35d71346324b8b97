// SPDX-License-Identifier: Apache-2.0
// A TCG plugin that counts executed guest instructions: `-plugin count.so,counter=FILE`.
//
// FILE begins with one 64-bit counter in the host's byte order; whoever maps it reads it while the
// guest runs. A block adds its length when it is entered, so that a block which an exception leaves
// early is counted whole.
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qemu_plugin.h"

int qemu_plugin_version;

static uint64_t* counter;

static bool can_add_inline(void) { return qemu_plugin_register_vcpu_tb_exec_inline != NULL; }

// QEMU reads the version before it installs the plugin: one file serves both ranges of versions.
__attribute__((constructor)) static void choose_version(void) {
  qemu_plugin_version = can_add_inline() ? 1 : 2;
}

static void add_block(unsigned vcpu, void* instructions) {
  (void)vcpu;
  // SAFETY: the argument is the number that `instrument` stored in a pointer.
  __atomic_fetch_add(counter, (uint64_t)instructions, __ATOMIC_RELAXED);
}

static void instrument(plugin_id id, struct plugin_block* block) {
  (void)id;
  const size_t instructions = qemu_plugin_tb_n_insns(block);
  if (can_add_inline()) {
    qemu_plugin_register_vcpu_tb_exec_inline(block, plugin_inline_add_u64, counter, instructions);
  } else {
    // SAFETY: a number in a pointer, which is never followed.
    qemu_plugin_register_vcpu_tb_exec_cb(block, add_block, plugin_no_registers,
                                         (void*)instructions);
  }
}

static uint64_t* map_counter(const char* path) {
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return NULL;
  void* memory = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? NULL : memory;
}

int qemu_plugin_install(plugin_id id, const struct plugin_info* info, int argc, char** argv) {
  (void)info;
  static const char key[] = "counter=";
  if (argc != 1 || strncmp(argv[0], key, sizeof key - 1) != 0) {
    fprintf(stderr, "count.so: expected one argument, counter=FILE\n");
    return 1;
  }
  const char* path = argv[0] + sizeof key - 1;
  counter = map_counter(path);
  if (counter == NULL) {
    perror(path);
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, instrument);
  return 0;
}
