/*
 * TCG plugin for qemu-arm 7.2: counts what a program executes, section by section, and estimates its cycles on an
 * ARM1176JZF-S. docs/arm1176.md describes the model; freestanding.h how a program says where a section begins.
 *
 * Arguments: out=FILE (the report, JSON; required), profile=FILE (instructions with their cycles, text), fill=, fill_bus=,
 * write_bus=, walk= (cycles of the memory).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "qemu-plugin-api.h"

#define EXPORT __attribute__((visibility("default")))
#define SECTIONS 256
#define ACCESSES 32
#define SECTION_MARK 0x584e4f52u
#define SYS_GETPID 20
#define CHUNK 4096

EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;

/* Instructions live as long as the process: QEMU may run a block for as long. */
struct chunk {
  struct chunk *next;
  uint32_t used;
  struct instruction instructions[CHUNK];
};

static struct {
  struct pipeline pipeline;
  struct section sections[SECTIONS];
  struct chunk *chunks;
  struct instruction *pending; /* executing: its accesses come in until the next one starts */
  struct access accesses[ACCESSES];
  uint32_t access_count;
  const char *out;
  const char *profile;
} run;

static struct instruction *new_instruction(void) {
  if (run.chunks == NULL || run.chunks->used == CHUNK) {
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL) abort();
    chunk->next = run.chunks;
    run.chunks = chunk;
  }
  return &run.chunks->instructions[run.chunks->used++];
}

static void finish_pending(uint32_t next) {
  if (run.pending == NULL) return;
  pipeline_execute(&run.pipeline, run.pending, run.accesses, run.access_count, next);
  run.pending = NULL;
  run.access_count = 0;
}

static void on_execute(unsigned cpu, void *data) {
  (void)cpu;
  struct instruction *instruction = data;
  finish_pending(instruction->address);
  run.pending = instruction;
}

static void on_access(unsigned cpu, uint32_t access, uint64_t address, void *data) {
  (void)cpu;
  (void)data;
  if (run.access_count == ACCESSES) return;
  run.accesses[run.access_count++] =
      (struct access){(uint32_t)address, 1u << qemu_plugin_mem_size_shift(access), qemu_plugin_mem_is_store(access)};
}

static void on_syscall(uint64_t id, unsigned cpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                       uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)cpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number != SYS_GETPID || (uint32_t)a1 != SECTION_MARK) return;
  if (run.pending != NULL) finish_pending(run.pending->address + run.pending->thumb * 2u + !run.pending->thumb * 4u);
  run.pipeline.section = &run.sections[a2 % SECTIONS];
  run.pipeline.profiles = a2 % SECTIONS != 0;
}

/* A block is Thumb code if one of its instructions has two bytes; ARM instructions never do. */
static bool is_thumb(struct qemu_plugin_tb *block) {
  for (size_t n = 0; n < qemu_plugin_tb_n_insns(block); n++) {
    if (qemu_plugin_insn_size(qemu_plugin_tb_get_insn(block, n)) == 2) return true;
  }
  return false;
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *block) {
  (void)id;
  const bool thumb = is_thumb(block);
  for (size_t n = 0; n < qemu_plugin_tb_n_insns(block); n++) {
    struct qemu_plugin_insn *source = qemu_plugin_tb_get_insn(block, n);
    struct instruction *instruction = new_instruction();
    const uint32_t address = (uint32_t)qemu_plugin_insn_vaddr(source);
    uint32_t word = 0;
    memcpy(&word, qemu_plugin_insn_data(source), qemu_plugin_insn_size(source) == 2 ? 2 : 4);
    if (thumb) {
      decode_thumb(instruction, address, word);
    } else {
      decode_arm(instruction, address, word);
    }
    qemu_plugin_register_vcpu_insn_exec_cb(source, on_execute, PLUGIN_CALLBACK_NO_REGISTERS, instruction);
    qemu_plugin_register_vcpu_mem_cb(source, on_access, PLUGIN_CALLBACK_NO_REGISTERS, PLUGIN_MEMORY_READ_WRITE, NULL);
  }
}

#define FIGURE(name, member) fprintf(file, ",\"" name "\":%llu", (unsigned long long)section->member)

static void write_report(FILE *file) {
  bool first = true;
  fprintf(file, "[");
  for (int n = 1; n < SECTIONS; n++) {
    const struct section *section = &run.sections[n];
    if (section->instructions == 0) continue;
    fprintf(file, "%s\n{\"section\":%d", first ? "" : ",", n);
    first = false;
    FIGURE("instructions", instructions);
    FIGURE("thumb", thumb);
    FIGURE("loads", loads);
    FIGURE("loadWords", load_words);
    FIGURE("stores", stores);
    FIGURE("storeWords", store_words);
    FIGURE("multiplies", multiplies);
    FIGURE("branches", branches);
    FIGURE("mispredictions", mispredictions);
    FIGURE("dataMisses", data_misses);
    FIGURE("instructionMisses", instruction_misses);
    FIGURE("tlbMisses", tlb_misses);
    FIGURE("preloads", preloads);
    FIGURE("preloadsUnknown", preloads_unknown);
    FIGURE("cyclesEstimated", cycles);
    FIGURE("interlockCycles", interlock_cycles);
    FIGURE("unitCycles", unit_cycles);
    FIGURE("memoryCycles", memory_cycles);
    FIGURE("branchCycles", branch_cycles);
    fprintf(file, "}");
  }
  fprintf(file, "\n]\n");
}

static void write_profile(FILE *file) {
  for (const struct chunk *chunk = run.chunks; chunk != NULL; chunk = chunk->next) {
    for (uint32_t n = 0; n < chunk->used; n++) {
      const struct instruction *i = &chunk->instructions[n];
      if (i->executed == 0) continue;
      fprintf(file, "%08x %llu %llu\n", i->address, (unsigned long long)i->executed, (unsigned long long)i->cycles);
    }
  }
}

static void write_file(const char *path, void (*write)(FILE *)) {
  FILE *file = fopen(path, "w");
  if (file == NULL) {
    perror(path);
    return;
  }
  write(file);
  fclose(file);
}

static void on_exit(uint64_t id, void *data) {
  (void)id, (void)data;
  write_file(run.out, write_report);
  if (run.profile != NULL) write_file(run.profile, write_profile);
}

/* The value of `argument` if it is `name`=value, else NULL. */
static const char *value_of(const char *argument, const char *name) {
  const size_t length = strlen(name);
  return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

static bool take_argument(const char *argument) {
  struct memory_costs *costs = &run.pipeline.costs;
  const struct {
    const char *name;
    uint32_t *cycles;
  } numbers[] = {{"fill", &costs->fill},
                 {"fill_bus", &costs->fill_bus},
                 {"write_bus", &costs->write_bus},
                 {"walk", &costs->walk}};
  for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
    const char *value = value_of(argument, numbers[n].name);
    if (value == NULL) continue;
    *numbers[n].cycles = (uint32_t)strtoul(value, NULL, 10);
    return true;
  }
  const char *out = value_of(argument, "out");
  const char *profile = value_of(argument, "profile");
  if (out != NULL) run.out = out;
  if (profile != NULL) run.profile = profile;
  return out != NULL || profile != NULL;
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  run.pipeline.costs = (struct memory_costs){.fill = 75, .fill_bus = 45, .write_bus = 25, .walk = 150};
  run.pipeline.section = &run.sections[0];
  for (int n = 0; n < argc; n++) {
    if (take_argument(argv[n])) continue;
    fprintf(stderr, "arm1176 plugin: unknown argument %s\n", argv[n]);
    return -1;
  }
  if (run.out == NULL) {
    fprintf(stderr, "arm1176 plugin: out=FILE is missing\n");
    return -1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
  qemu_plugin_register_atexit_cb(id, on_exit, NULL);
  return 0;
}
