import type { MapShape } from "../nn/shape.ts";
import type { CfgSection } from "./cfg.ts";
import type { Options } from "./options.ts";

export const activations = ["linear", "leaky", "relu", "logistic"] as const;
export type Activation = (typeof activations)[number];

export interface Convolutional {
  readonly kind: "convolutional";
  readonly groups: number;
  readonly window: { readonly kernel: number; readonly stride: number; readonly padding: number };
  readonly normalized: boolean;
  readonly activation: Activation;
  /** What is binary: nothing, the weights, or weights and input. */
  readonly binary: "nothing" | "weights" | "both";
}

export interface MaxPool {
  readonly kind: "maxpool";
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

export interface Route {
  readonly kind: "route";
  /** Indices of layers. */
  readonly layers: readonly number[];
  /** Of each of them, one of so many equal parts of the channels. */
  readonly groups: number;
  readonly group: number;
}

export interface Shortcut {
  readonly kind: "shortcut";
  readonly from: number;
  readonly activation: Activation;
}

export interface Upsample {
  readonly kind: "upsample";
  /** A power of two. */
  readonly times: number;
}

/** A yolo or region layer. */
export interface Head {
  readonly kind: "head";
  /** Pixels of the network's input for one cell. */
  readonly stride: number;
  readonly classes: number;
  /** Width and height of each anchor in pixels of the input. */
  readonly sizes: [width: number, height: number][];
  readonly classScores: "softmax" | "logistic";
  readonly centerScale: number;
}

/** A layer of a cfg, its references resolved, its shapes known. */
export type DarknetLayer = (Convolutional | MaxPool | Route | Shortcut | Upsample | Head) & {
  readonly section: CfgSection;
  /** Of the layer before it, or the picture. */
  readonly input: MapShape;
  readonly shape: MapShape;
};

/** The picture and the layers, by their index in Darknet: the section behind [net] is 0. */
export interface DarknetNetwork {
  readonly input: MapShape;
  readonly layers: readonly DarknetLayer[];
}

/** What a section is read from. */
export interface SectionContext {
  readonly options: Options;
  readonly input: MapShape;
  readonly picture: MapShape;
  /** The layers before it. */
  readonly layers: readonly DarknetLayer[];
}
