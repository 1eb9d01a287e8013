/*
 * What this plugin uses of QEMU's TCG plugin interface, version 1 (QEMU 4.2 to 8.2), declared from its documentation:
 * Debian's qemu-user ships no header. The functions are symbols of the qemu-arm that loads the plugin.
 */
#ifndef XNORCAM_QEMU_PLUGIN_API_H
#define XNORCAM_QEMU_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_API_VERSION 1

/* Callback flag: the callback looks at no guest register. */
#define PLUGIN_CALLBACK_NO_REGISTERS 0
/* Memory callback filter: loads and stores. */
#define PLUGIN_MEMORY_READ_WRITE 3

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;

typedef void plugin_translated(uint64_t id, struct qemu_plugin_tb *block);
typedef void plugin_executed(unsigned cpu, void *data);
typedef void plugin_accessed(unsigned cpu, uint32_t access, uint64_t address, void *data);
typedef void plugin_syscall(uint64_t id, unsigned cpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3,
                            uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8);
typedef void plugin_exited(uint64_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translated *callback);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, plugin_executed *callback,
                                            int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction, plugin_accessed *callback, int flags,
                                      int filter, void *data);
void qemu_plugin_register_vcpu_syscall_cb(uint64_t id, plugin_syscall *callback);
void qemu_plugin_register_atexit_cb(uint64_t id, plugin_exited *callback, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
unsigned qemu_plugin_mem_size_shift(uint32_t access);
bool qemu_plugin_mem_is_store(uint32_t access);

#endif
