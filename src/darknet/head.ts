import type { Head, SectionContext } from "./network.ts";
import type { Options } from "./options.ts";

const classLimits = { min: 1, max: 1000 };
/** Darknet's own defaults. */
const defaultClasses = 20;

/** Keys of a yolo or region layer that matter in training, or in Darknet's own tools. */
const trainingKeys = [
  ...["absolute", "beta_nms", "bias_match", "class_scale", "cls_normalizer", "coord_scale"],
  ...["counters_per_class", "delta_normalizer", "focal_loss", "ignore_thresh", "iou_loss", "iou_normalizer"],
  ...["iou_thresh", "iou_thresh_kind", "jitter", "label_smooth_eps", "mask_scale", "max", "max_delta"],
  ...[
    "nms_kind",
    "noobject_scale",
    "obj_normalizer",
    "object_scale",
    "objectness_smooth",
    "random",
    "rescore",
  ],
  ...["resize", "show_details", "thresh", "truth_thresh", "use_ignore"],
];

/** Reads a [yolo] or [region] section. @throws XnorcamError XC_DARKNET_INVALID */
export function readHead(
  context: SectionContext,
  kind: "yolo" | "region",
): Head & { shape: SectionContext["input"] } {
  const { options, input } = context;
  const classes = options.int("classes", classLimits, defaultClasses);
  const stride = strideOf(context);
  const all = anchorsOf(options);
  const given = options.int("num", { min: 1, max: 100 }, 1);
  if (given !== all.length) {
    throw options.error(`num is ${given}, but there are ${all.length} anchors`, "num");
  }
  const isYolo = kind === "yolo";
  const mask = isYolo ? (options.numbers("mask") ?? all.map((_, i) => i)) : all.map((_, i) => i);
  const sizes = mask.map((number): [number, number] => {
    const anchor = all[number];
    if (anchor === undefined) {
      throw options.error(`mask names anchor ${number}, there are 0 to ${all.length - 1}`, "mask");
    }
    // Region layers count in cells.
    return isYolo ? anchor : [anchor[0] * stride, anchor[1] * stride];
  });
  const centerScale = options.number("scale_x_y", { min: 1, max: 4 }, 1);
  const classScores = !isYolo && options.int("softmax", { min: 0, max: 1 }, 0) === 1 ? "softmax" : "logistic";
  options.only({ new_coords: 0, coords: 4, background: 0, classfix: 0 });
  options.finish(trainingKeys);
  const needed = sizes.length * (classes + 5);
  if (input.channels !== needed) {
    throw options.error(
      `reads ${input.channels} channels, but ${sizes.length} anchors of ${classes} classes need ${needed}: set filters=${needed} in the layer before it`,
    );
  }
  return { kind: "head", shape: input, stride, classes, sizes, classScores, centerScale };
}

function strideOf({ options, input, picture }: SectionContext): number {
  const stride = picture.width / input.width;
  if (Number.isInteger(stride) && picture.height === input.height * stride) return stride;
  throw options.error(
    `its map of ${input.width}×${input.height} does not divide the picture of ${picture.width}×${picture.height} evenly: set width and height of [net] to multiples of 32`,
  );
}

function anchorsOf(options: Options): [number, number][] {
  const numbers = options.numbers("anchors");
  if (numbers === undefined) throw options.error("anchors is missing");
  if (numbers.length % 2 !== 0 || numbers.some((size) => !(size > 0))) {
    throw options.error("anchors is no list of widths and heights above 0", "anchors");
  }
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}
