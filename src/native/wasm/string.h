/* What the kernels need of a C library, which there is none of: src/native/wasm.c. */
#ifndef XNOR_WASM_STRING_H
#define XNOR_WASM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int strcmp(const char *a, const char *b);

#endif
