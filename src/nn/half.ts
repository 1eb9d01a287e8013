/**
 * Half-precision numbers (IEEE 754 binary16) as single-precision ones, which hold all of them exactly.
 * @param halves their bits
 */
export function floatsOfHalves(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 0) floats[i] = (sign === 0 ? fraction : -fraction) * 2 ** -24;
    // The exponent's bias is 127 in place of 15; of infinity and NaN all of its bits are set.
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return floats;
}
