// A float network with the shapes of YOLO-Fastest 1.1 (D. Ma, https://github.com/dog-qiuqiu/Yolo-Fastest,
// ModelZoo/yolo-fastest-1.1_coco), the detector that small boards run most; random weights, BatchNorm folded.

const slope = 0.1; // Darknet's leaky activation
const anchors = 3;
const classes = 80;

/** Inverted residuals: channels inside, stride, channels out, times; where in and out are alike, with a shortcut. */
const blocks = [
  ...[
    [8, 1, 4, 2],
    [24, 2, 8, 1],
    [32, 1, 8, 2],
    [32, 2, 8, 1],
    [48, 1, 8, 2],
    [48, 1, 16, 1],
  ],
  ...[
    [96, 1, 16, 4],
    [96, 2, 24, 1],
    [136, 1, 24, 4],
    [136, 2, 48, 1],
    [224, 1, 48, 5],
  ],
];
const stride16Channels = 24;

/**
 * @param size of the square input, a multiple of 32
 * @param random numbers from 0 to 1
 * @returns {import("./float-twin.mjs").FloatNetwork}
 */
export function yoloFastest(size, random) {
  const layers = [];
  const shapes = new Map([["input", { height: size, width: size, channels: 3 }]]);
  const emit = (op, inputs, shape, fields = {}) => {
    const name = `${op}${layers.length}`;
    layers.push({ op, name, inputs, shape, ...fields });
    shapes.set(name, shape);
    return name;
  };
  const conv = (input, channels, { kernel = 1, stride = 1, groups = 1, leaky = true } = {}) => {
    const from = shapes.get(input);
    const fanIn = (from.channels / groups) * kernel ** 2;
    const values = (count) =>
      Float32Array.from({ length: count }, () => (random() * 2 - 1) / Math.sqrt(fanIn));
    const shape = { height: from.height / stride, width: from.width / stride, channels };
    const window = { kernel, stride, padding: kernel >> 1, groups };
    const out = emit("conv", [input], shape, {
      ...window,
      weight: values(channels * fanIn),
      bias: values(channels),
    });
    return leaky ? emit("leaky", [out], shape, { slope }) : out;
  };
  const depthwise = (input, kernel, stride = 1) => {
    const { channels } = shapes.get(input);
    return conv(input, channels, { kernel, stride, groups: channels });
  };
  const head = (input, channels) => {
    let at = input;
    for (let i = 0; i < 2; i++) at = conv(depthwise(at, 5), channels, { leaky: false });
    return conv(at, anchors * (classes + 5), { leaky: false });
  };

  let at = conv("input", 8, { kernel: 3, stride: 2 });
  let stride16 = at;
  for (const [inside, stride, channels, times] of blocks) {
    for (let i = 0; i < times; i++) {
      const out = conv(depthwise(conv(at, inside), 3, stride), channels, { leaky: false });
      const isAlike = stride === 1 && shapes.get(at).channels === channels;
      at = isAlike ? emit("add", [at, out], shapes.get(out)) : out;
    }
    if (channels === stride16Channels) stride16 = at;
  }
  const shape = shapes.get(at);
  const pools = [9, 5, 3].map((kernel) =>
    emit("max_pool", [at], shape, { kernel, stride: 1, padding: kernel >> 1 }),
  );
  at = conv(emit("concat", [...pools, at], { ...shape, channels: 4 * shape.channels }), 96);
  const fine = shapes.get(stride16);
  const up = emit("upsample", [at], { ...fine, channels: 96 });
  const merged = emit("concat", [up, stride16], { ...fine, channels: 96 + fine.channels });
  const outputs = [head(at, 96), head(merged, 120)];
  return { name: "yolo-fastest-1.1", input: shapes.get("input"), layers, outputs };
}
