// SPDX-License-Identifier: Apache-2.0
// A TCG plugin that counts what a guest executes: `-plugin count.so,counts=FILE[,…]`.
//
//   counts=FILE       where to count: a file of the size of `struct counts`, which is mapped, so
//                     that others read it while the guest runs and after it was killed
//   at=ADDRESS        counts the executions of this instruction; repeated: the next mark
//   blocks=on         counts each translated block, for a profile
//   devices=on        counts accesses to devices; slow, because every load and store is looked at
//   doorbell=ADDRESS  a physical address, stores to which notify a virtqueue; repeated
//
// A block adds its length when it is entered: one that an exception leaves early is counted whole.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counts.h"
#include "qemu_plugin.h"

int qemu_plugin_version;

enum { most_doorbells = 64 };

static struct counts* counts;
static uint64_t marks[counted_marks];
static size_t mark_count;
static uint64_t doorbells[most_doorbells];
static size_t doorbell_count;
static bool count_blocks;
static bool count_devices;

static bool can_add_inline(void) { return qemu_plugin_register_vcpu_tb_exec_inline != NULL; }

// QEMU reads the version before it installs the plugin: one file serves both ranges of versions.
__attribute__((constructor)) static void choose_version(void) {
  qemu_plugin_version = can_add_inline() ? 1 : 2;
}

static void add_instructions(unsigned vcpu, void* instructions) {
  (void)vcpu;
  // SAFETY: the argument is the number that `count_each` stored in a pointer.
  counts->instructions += (uint64_t)instructions;
}

static void add_execution(unsigned vcpu, void* executions) {
  (void)vcpu;
  // SAFETY: the argument is the counter that `count_each` was given.
  ++*(uint64_t*)executions;
}

// Each entry of the block adds to the total and, where there is one, to its own counter.
static void count_each(struct plugin_block* block, uint64_t* executions) {
  const size_t length = qemu_plugin_tb_n_insns(block);
  if (can_add_inline()) {
    qemu_plugin_register_vcpu_tb_exec_inline(block, plugin_inline_add_u64, &counts->instructions,
                                             length);
    if (executions != NULL) {
      qemu_plugin_register_vcpu_tb_exec_inline(block, plugin_inline_add_u64, executions, 1);
    }
  } else {
    // SAFETY: a number in a pointer, which is never followed.
    qemu_plugin_register_vcpu_tb_exec_cb(block, add_instructions, plugin_no_registers,
                                         (void*)length);
    if (executions != NULL) {
      qemu_plugin_register_vcpu_tb_exec_cb(block, add_execution, plugin_no_registers, executions);
    }
  }
}

// The last entry takes all that the table has no more room for.
static uint64_t* entry_of(const struct plugin_block* block) {
  struct counted_block* entry = &counts->blocks[counts->blocks_used];
  if (counts->blocks_used == counted_blocks - 1) {
    entry->address = 0;
    return &entry->executions;
  }
  entry->address = qemu_plugin_tb_vaddr(block);
  entry->instructions = qemu_plugin_tb_n_insns(block);
  ++counts->blocks_used;
  return &entry->executions;
}

// A marked instruction in one translation.
struct marked {
  struct counted_mark* mark;
  uint64_t ahead;  // instructions that its block has added to the total before they were executed
};

static void reach(unsigned vcpu, void* argument) {
  (void)vcpu;
  // SAFETY: the argument is what `mark_instructions` has allocated, for ever.
  const struct marked* marked = argument;
  struct counted_mark* mark = marked->mark;
  if (mark->executions == 0) mark->first = counts->instructions - marked->ahead;
  // Whoever sees an execution sees the first one's place as well.
  __atomic_store_n(&mark->executions, mark->executions + 1, __ATOMIC_RELEASE);
}

static void mark_instructions(const struct plugin_block* block) {
  const size_t length = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < length; ++i) {
    struct plugin_instruction* instruction = qemu_plugin_tb_get_insn(block, i);
    for (size_t mark = 0; mark < mark_count; ++mark) {
      if (qemu_plugin_insn_vaddr(instruction) != marks[mark]) continue;
      struct marked* marked = malloc(sizeof *marked);
      if (marked == NULL) abort();
      *marked = (struct marked){.mark = &counts->marks[mark], .ahead = length - i};
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, reach, plugin_no_registers, marked);
    }
  }
}

static bool is_doorbell(uint64_t physical_address) {
  for (size_t i = 0; i < doorbell_count; ++i) {
    if (doorbells[i] == physical_address) return true;
  }
  return false;
}

static void access_memory(unsigned vcpu, plugin_access access, uint64_t virtual_address,
                          void* argument) {
  (void)vcpu;
  (void)argument;
  const struct plugin_address* address = qemu_plugin_get_hwaddr(access, virtual_address);
  if (address == NULL || !qemu_plugin_hwaddr_is_io(address)) return;
  ++counts->device_accesses;
  const bool rings = is_doorbell(qemu_plugin_hwaddr_phys_addr(address));
  if (rings && qemu_plugin_mem_is_store(access)) ++counts->doorbells;
}

static void watch_devices(const struct plugin_block* block) {
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), access_memory,
                                     plugin_no_registers, plugin_loads_and_stores, NULL);
  }
}

static void instrument(plugin_id id, struct plugin_block* block) {
  (void)id;
  count_each(block, count_blocks ? entry_of(block) : NULL);
  if (mark_count != 0) mark_instructions(block);
  if (count_devices) watch_devices(block);
}

static struct counts* map_counts(const char* path) {
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return NULL;
  void* memory = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? NULL : memory;
}

static bool take_address(const char* text, uint64_t* into, size_t* count, size_t most) {
  char* end = NULL;
  const uint64_t address = strtoull(text, &end, 0);
  if (*count == most || end == text || *end != '\0') return false;
  into[(*count)++] = address;
  return true;
}

static bool take_argument(const char* name, const char* value) {
  if (strcmp(name, "counts") == 0) {
    counts = map_counts(value);
    if (counts == NULL) perror(value);
    return counts != NULL;
  }
  if (strcmp(name, "at") == 0) return take_address(value, marks, &mark_count, counted_marks);
  if (strcmp(name, "doorbell") == 0) {
    return take_address(value, doorbells, &doorbell_count, most_doorbells);
  }
  bool* flag = strcmp(name, "blocks") == 0    ? &count_blocks
               : strcmp(name, "devices") == 0 ? &count_devices
                                              : NULL;
  if (flag == NULL || strcmp(value, "on") != 0) return false;
  *flag = true;
  return true;
}

int qemu_plugin_install(plugin_id id, const struct plugin_info* info, int argc, char** argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    char* value = strchr(argv[i], '=');
    if (value != NULL) *value++ = '\0';
    if (value == NULL || !take_argument(argv[i], value)) {
      fprintf(stderr, "count.so: %s=%s is no argument of it\n", argv[i], value ? value : "");
      return 1;
    }
  }
  if (counts == NULL) {
    fprintf(stderr, "count.so: counts=FILE is missing\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, instrument);
  return 0;
}
