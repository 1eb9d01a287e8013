import type { DetectionHead } from "../detect/head.ts";
import { inputName } from "../nn/graph.ts";
import { writeConvolution } from "./convolution.ts";
import type { ModelWriter } from "./model-writer.ts";
import type { Activation, DarknetLayer, DarknetNetwork, Head, Route } from "./network.ts";
import type { DarknetWeights } from "./weights.ts";

/** Slope of Darknet's leaky. */
const leakySlope = 0.1;

/** What a layer of Darknet's is written from. */
interface LayerContext {
  readonly model: ModelWriter;
  readonly network: DarknetNetwork;
  readonly weights: DarknetWeights;
  /** For each of the layers before it, the name of what gives its values. */
  readonly values: readonly string[];
  readonly index: number;
  /** Of what gives the values of this one. */
  readonly name: string;
  readonly input: string;
}

/** @returns the outputs of the detection head */
export function writeLayers(
  model: ModelWriter,
  network: DarknetNetwork,
  weights: DarknetWeights,
): DetectionHead["outputs"] {
  const outputs: DetectionHead["outputs"] = [];
  const values: string[] = [];
  const rgb = writeRgb(model);
  for (const [index, layer] of network.layers.entries()) {
    const input = values[index - 1] ?? rgb;
    if (layer.kind === "head") {
      const { stride, sizes, classScores, centerScale } = layer;
      outputs.push({ layer: input, stride, anchors: { sizes, classScores, centerScale } });
      values.push(input);
    } else {
      values.push(
        writeLayer(layer, { model, network, weights, values, index, name: `layer${index}`, input }),
      );
    }
  }
  return outputs;
}

/** The picture's Y, U and V, less what stands for black, to red, green and blue: the inverse of `image/color.ts`. */
function writeRgb(model: ModelWriter): string {
  const matrix = [1, 0, 1.402, 1, -0.344136, -0.714136, 1, 1.772, 0];
  const name = model.add({ op: "conv", name: "rgb", input: inputName, kernel: 1, stride: 1, padding: 0 });
  model.reals(`${name}.weight`, [3, 1, 1, 3], Float32Array.from(matrix));
  model.reals(`${name}.bias`, [3], new Float32Array(3));
  return name;
}

/** @returns the name of what gives its values */
function writeLayer(layer: Exclude<DarknetLayer, Head>, context: LayerContext): string {
  const { model, name, input, values } = context;
  const { channels } = layer.shape;
  switch (layer.kind) {
    case "convolutional": {
      const linear = layer.activation === "linear" ? name : `${name}.conv`;
      writeConvolution(model, linear, input, layer, context.weights.convolutions.get(context.index)!);
      return writeActivation(model, name, linear, layer.activation, channels);
    }
    case "maxpool": {
      const { kernel, stride, before, after } = layer;
      return model.add({ op: "max_pool", name, input, kernel, stride, before, after });
    }
    case "route":
      return writeRoute(layer, context);
    case "shortcut": {
      const linear = layer.activation === "linear" ? name : `${name}.sum`;
      model.add({ op: "add", name: linear, inputs: [input, values[layer.from]!] });
      return writeActivation(model, name, linear, layer.activation, channels);
    }
    case "upsample": {
      let larger = input;
      for (let times = 2; times <= layer.times; times *= 2) {
        const own = times === layer.times ? name : `${name}.${times}`;
        larger = model.add({ op: "upsample", name: own, input: larger });
      }
      return larger;
    }
  }
}

function writeActivation(
  model: ModelWriter,
  name: string,
  input: string,
  activation: Activation,
  channels: number,
): string {
  switch (activation) {
    case "linear":
      return input;
    case "logistic":
      return model.add({ op: "logistic", name, input });
    case "leaky":
    case "relu": {
      const slope = activation === "leaky" ? leakySlope : 0;
      model.reals(`${name}.slope`, [channels], new Float32Array(channels).fill(slope));
      return model.add({ op: "prelu", name, input });
    }
  }
}

/** One map, or several with their channels one behind the other; of each all of it or one part. */
function writeRoute(
  { layers, groups, group }: Route,
  { model, network, values, name }: LayerContext,
): string {
  const parts = layers.map((index, i) => {
    if (groups === 1) return values[index]!;
    const channels = network.layers[index]!.shape.channels / groups;
    const own = layers.length === 1 ? name : `${name}.${i}`;
    return model.add({ op: "slice", name: own, input: values[index]!, first: group * channels, channels });
  });
  return parts.length === 1 ? parts[0]! : model.add({ op: "concat", name, inputs: parts });
}
