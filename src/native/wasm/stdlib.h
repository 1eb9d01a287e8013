#ifndef XNOR_WASM_STDLIB_H
#define XNOR_WASM_STDLIB_H

#include <stddef.h>

void *aligned_alloc(size_t alignment, size_t bytes);
void free(void *memory);

#endif
