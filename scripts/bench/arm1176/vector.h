/* Short vectors of the VFP11: one instruction over up to 8 registers of a bank (ARM DDI 0301H, 21.6). */
#ifndef XNORCAM_VECTOR_H
#define XNORCAM_VECTOR_H

#include "instruction.h"

#define VECTOR_MOST 8

/* What an arithmetic instruction of the VFP reads and writes in each of its iterations. */
struct vector {
  uint32_t iterations;
  uint64_t needs[VECTOR_MOST];
  uint64_t writes[VECTOR_MOST];
};

/* The iterations of `instruction` while the FPSCR is `status`; one if it is none for vectors. */
struct vector vector_of(const struct instruction *instruction, uint32_t status);

#endif
