#ifndef XNOR_CHECK_H
#define XNOR_CHECK_H

#include "xnor.h"

/* NULL when the program can run without reading or writing out of bounds, else what is wrong with it. */
const char *xnor_check_program(const void *program, size_t program_bytes, size_t tensor_bytes);

/* Whether what the source of a stage gives are integer sums. */
bool xnor_gives_sums(int32_t source);

#endif
