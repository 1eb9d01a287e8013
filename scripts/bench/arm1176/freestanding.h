/*
 * The little that a program needs to run on an ARM1176 without Debian's libraries: its armhf C library, libgcc and
 * start files hold ARMv7 Thumb-2 code, which an ARMv6 chip (and qemu-arm -cpu arm1176) does not know.
 */
#ifndef XNORCAM_FREESTANDING_H
#define XNORCAM_FREESTANDING_H

#include <stddef.h>
#include <stdint.h>

/* The program's main, called by _start; its result is the exit status. */
int main(int argc, char **argv);

/* Ends the process. */
_Noreturn void bench_exit(int status);

/* Everything in the file at path, in memory mapped for it; NULL if it can't be read. `size` is set to its bytes. */
const uint8_t *bench_read_file(const char *path, size_t *size);

/* Memory at a multiple of 64 bytes, as the C library's allocator gives a large block; NULL if there is none. */
void *bench_allocate(size_t bytes);

/* Writes to standard output, through a buffer that bench_flush (and a return from main) empties. */
void bench_print(const char *text);
void bench_print_number(uint64_t number);
void bench_flush(void);

/*
 * Says that what runs from here on belongs to section `index` (1 to 255; 0: to none, which is not reported). It is a
 * getpid with two marked arguments: the plugin sees it, the kernel ignores them.
 */
#define BENCH_SECTION_MARK 0x584e4f52u
static inline void bench_section(uint32_t index) {
  register uint32_t result __asm__("r0") = BENCH_SECTION_MARK;
  register uint32_t argument __asm__("r1") = index;
  register uint32_t number __asm__("r7") = 20;
  __asm__ volatile("svc 0" : "+r"(result) : "r"(argument), "r"(number) : "memory");
}

#endif
