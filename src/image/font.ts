/** Pixels of a glyph before scaling. One column and one row of space belong between two glyphs. */
export const glyphWidth = 5;
export const glyphHeight = 7;

const firstCode = 0x20;

/** ASCII 0x20 … 0x7e, five columns a glyph, two hex digits a column, least significant bit on top. */
const table =
  "0000000000" + // space
  "00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649552250 0005030000 001c224100 " + // !"#$%&'(
  "0041221c00 082a1c2a08 08083e0808 0050300000 0808080808 0060600000 2010080402 " + // )*+,-./
  "3e5149453e 00427f4000 4261514946 2141454b31 1814127f10 2745454539 3c4a494930 0171090503 " + // 0…7
  "3649494936 064949291e 0036360000 0056360000 0814224100 1414141414 0041221408 0201510906 " + // 89:;<=>?
  "324979413e 7e1111117e 7f49494936 3e41414122 7f4141221c 7f49494941 7f09090901 3e4149517a " + // @A…G
  "7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f020c027f 7f0408107f 3e4141413e " + // H…O
  "7f09090906 3e4151215e 7f09192946 4649494931 01017f0101 3f4040403f 1f2040201f 3f4038403f " + // P…W
  "6314081463 0708700807 6151494543 007f414100 0204081020 0041417f00 0402010204 4040404040 " + // X…_
  "0001020400 2054545478 7f48444438 3844444420 384444487f 3854545418 087e090102 0c5252523e " + // `a…g
  "7f08040478 00447d4000 2040443d00 7f10284400 00417f4000 7c04180478 7c08040478 3844444438 " + // h…o
  "7c14141408 081414187c 7c08040408 4854545420 043f444020 3c4040207c 1c2040201c 3c4030403c " + // p…w
  "4428102844 0c5050503c 4464544c44 0008364100 00007f0000 0041360800 1008081008"; // x…~

const columns = Uint8Array.from(table.replaceAll(" ", "").match(/../g) ?? [], (hex) =>
  Number.parseInt(hex, 16),
);

/**
 * One column of a glyph: bit `row` is set where there is ink, row 0 on top.
 * @param code of the character; what is not printable ASCII looks like "?".
 * @param column 0 … 4.
 */
export function glyphColumn(code: number, column: number): number {
  const index = (code - firstCode) * glyphWidth;
  const known = index >= 0 && index < columns.length;
  return columns[(known ? index : (0x3f - firstCode) * glyphWidth) + column]!;
}
