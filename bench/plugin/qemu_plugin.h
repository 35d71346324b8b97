// SPDX-License-Identifier: Apache-2.0
// The part of QEMU's TCG plugin interface that we use; Debian does not package its header.
// Interface versions: QEMU 7.2 takes 0 and 1, QEMU 9.0 and later nothing below 2.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
typedef uint32_t plugin_access;  // what an access was: load or store, its size
struct plugin_info;              // what QEMU says of itself; unused here
struct plugin_block;             // a translation block, valid during the translation callback
struct plugin_instruction;       // one of its instructions, as long
struct plugin_address;           // where an access went, valid during the access callback

enum plugin_inline_op { plugin_inline_add_u64 = 0 };
enum plugin_registers { plugin_no_registers = 0 };
enum plugin_accesses { plugin_loads = 1, plugin_stores = 2, plugin_loads_and_stores = 3 };

// QEMU reads these two from the plugin.
PLUGIN_EXPORT extern int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info* info, int argc,
                                      char** argv);

// The plugin calls these in QEMU.
typedef void (*plugin_translate_callback)(plugin_id id, struct plugin_block* block);
typedef void (*plugin_execute_callback)(unsigned vcpu, void* argument);
typedef void (*plugin_access_callback)(unsigned vcpu, plugin_access access,
                                       uint64_t virtual_address, void* argument);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, plugin_translate_callback callback);
size_t qemu_plugin_tb_n_insns(const struct plugin_block* block);
uint64_t qemu_plugin_tb_vaddr(const struct plugin_block* block);
struct plugin_instruction* qemu_plugin_tb_get_insn(const struct plugin_block* block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct plugin_instruction* instruction);
void qemu_plugin_register_vcpu_tb_exec_cb(struct plugin_block* block,
                                          plugin_execute_callback callback,
                                          enum plugin_registers registers, void* argument);
void qemu_plugin_register_vcpu_insn_exec_cb(struct plugin_instruction* instruction,
                                            plugin_execute_callback callback,
                                            enum plugin_registers registers, void* argument);
void qemu_plugin_register_vcpu_mem_cb(struct plugin_instruction* instruction,
                                      plugin_access_callback callback,
                                      enum plugin_registers registers,
                                      enum plugin_accesses accesses, void* argument);
bool qemu_plugin_mem_is_store(plugin_access access);
struct plugin_address* qemu_plugin_get_hwaddr(plugin_access access, uint64_t virtual_address);
bool qemu_plugin_hwaddr_is_io(const struct plugin_address* address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct plugin_address* address);

// Gone with interface version 2 (QEMU 9.0), hence weak: null where QEMU does not have it.
__attribute__((weak)) void qemu_plugin_register_vcpu_tb_exec_inline(struct plugin_block* block,
                                                                    enum plugin_inline_op op,
                                                                    void* target, uint64_t operand);
