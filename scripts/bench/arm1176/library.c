/* What the kernels use of the C library, beside what freestanding.c has. */
#include <math.h>
#include <stdint.h>
#include <string.h>

int strcmp(const char *a, const char *b) {
  for (; *a != '\0' && *a == *b; a++, b++) continue;
  return (unsigned char)*a - (unsigned char)*b;
}

static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10; /* fdlibm */

/* x times 2^k, for results that are normal. */
static double scaled(double x, int k) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits += (uint64_t)(int64_t)k << 52;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* e^x = 2^k e^r, |r| <= ln 2 / 2, by Taylor's series; to 1e-15 of the result. */
double exp(double x) {
  if (x < -700) return 0;
  if (x > 700) return HUGE_VAL;
  const int k = (int)(x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - k * ln2_high) - k * ln2_low;
  double sum = 1;
  for (int n = 13; n >= 1; n--) sum = 1 + sum * r * (1.0 / n);
  return scaled(sum, k);
}

/* ln(1 + x) for x >= 0: 1 + x = 2^k m, ln m = 2 atanh((m - 1) / (m + 1)). */
double log1p(double x) {
  double m = 1 + x;
  const double lost = x - (m - 1); /* what the sum rounded off */
  int k = 0;
  for (; m > 1.41421356237309504880; k++) m = m * 0.5;
  const double s = (m - 1 + scaled(1, -k) * lost) / (m + 1), square = s * s;
  double sum = 0;
  for (int n = 21; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
  return k * ln2_high + (k * ln2_low + 2 * s * sum);
}

/* The measured chip has VFPv2 (HWCAP_VFP). */
unsigned long getauxval(unsigned long type) { return type == 16 ? 1 << 6 : 0; }
