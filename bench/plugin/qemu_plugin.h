// SPDX-License-Identifier: Apache-2.0
// The part of QEMU's TCG plugin interface that we use; Debian does not package its header.
// Interface versions: QEMU 7.2 takes 0 and 1, QEMU 9.0 and later nothing below 2.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PLUGIN_EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct plugin_info;   // what QEMU says of itself; unused here
struct plugin_block;  // a translation block, valid during the translation callback

enum plugin_inline_op { plugin_inline_add_u64 = 0 };
enum plugin_registers { plugin_no_registers = 0 };

// QEMU reads these two from the plugin.
PLUGIN_EXPORT extern int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info* info, int argc,
                                      char** argv);

// The plugin calls these in QEMU.
typedef void (*plugin_translate_callback)(plugin_id id, struct plugin_block* block);
typedef void (*plugin_execute_callback)(unsigned vcpu, void* argument);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, plugin_translate_callback callback);
size_t qemu_plugin_tb_n_insns(const struct plugin_block* block);
void qemu_plugin_register_vcpu_tb_exec_cb(struct plugin_block* block,
                                          plugin_execute_callback callback,
                                          enum plugin_registers registers, void* argument);

// Gone with interface version 2 (QEMU 9.0), hence weak: null where QEMU does not have it.
__attribute__((weak)) void qemu_plugin_register_vcpu_tb_exec_inline(struct plugin_block* block,
                                                                    enum plugin_inline_op op,
                                                                    void* target, uint64_t operand);
