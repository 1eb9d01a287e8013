import { inProject } from "./project-folder.ts";

/** The networks that come with the program, in the order in which they are offered: `models/NAME.safetensors`. */
export const bundledNetworks = ["xnor-yolo-zero", "xnor-yolo-plus"] as const;

/** What of the settings says which network looks at the frames. */
interface NetworkSettings {
  readonly network: (typeof bundledNetworks)[number];
  /** Absolute path of another one. */
  readonly file: string | null;
}

/** @returns the absolute path of the network's file */
export function networkFile({ network, file }: NetworkSettings): string {
  return file ?? inProject(`models/${network}.safetensors`);
}
