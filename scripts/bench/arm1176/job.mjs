// What the driver (driver.c) gets to do, and what it must print: a network as a program, a picture, and the checksums of
// the maps that the reference kernels compute.

import { decode } from "../../../dist/detect/decode.js";
import { suppress } from "../../../dist/detect/nms.js";
import { PictureDetector } from "../../../dist/detect/picture-detector.js";
import { rgbToI420 } from "../../../dist/image/color.js";
import { Letterbox } from "../../../dist/image/letterbox.js";
import { triangleTaps } from "../../../dist/image/resample.js";
import { sharp } from "../../../dist/image/sharp.js";
import { referenceBackend } from "../../../dist/nn/backend.js";
import { isConvolutionOfIntegers } from "../../../dist/nn/fuse.js";
import { createReferenceKernels } from "../../../dist/nn/kernels/reference.js";
import { Network, planLayers } from "../../../dist/nn/network.js";
import { compile } from "../../../dist/nn/program.js";

/** A camera's picture. */
const width = 640;
const height = 480;

/** The maps of the first are hashed, the last is measured: then the caches are those of a camera that runs. */
const frames = 3;

/**
 * @param modelPath a model that the detector runs
 * @param picturePath any picture file; it is scaled to 640×480
 * @returns the job's bytes, the driver's stages with their layers, and the checksums that it should print
 */
export async function createJob(modelPath, picturePath) {
  const { file, graph: whole, head, engines } = PictureDetector.load(modelPath, referenceBackend());
  const letterbox = new Letterbox(engines.limits);
  const geometry = letterbox.geometryOf(width, height);
  const { windowWidth, windowHeight, left, top, contentWidth, contentHeight } = geometry;
  const graph = { ...whole, input: { ...whole.input, width: windowWidth, height: windowHeight } };
  const plans = planLayers(graph, file);
  const outputNames = head.outputs.map(({ layer }) => layer);
  const network = new Network(graph, file, createReferenceKernels(), outputNames);
  const levels = head.outputs.map(({ layer, stride }) => ({ ...network.output(layer), stride }));
  const { program, tensors, stages } = compile(graph, file, plans, outputNames);
  const picture = await readPicture(picturePath);
  const taps = (inSize, outSize) => tapTable(triangleTaps(inSize, outSize));
  const job = joinParts([
    program,
    tensors,
    picture.data,
    Int32Array.of(width, height, windowWidth, windowHeight, left, top),
    taps(width, contentWidth),
    taps(height, contentHeight),
    taps(width / 2, contentWidth),
    taps(height / 2, contentHeight),
    ...headParts(head, levels),
    Int32Array.of(frames),
  ]);

  letterbox.apply(picture, network.input);
  const checksums = new Map();
  network.run(({ name, output }) => checksums.set(name, checksum(unsignedZeros(output))));
  const layers = stages.map((stage) => describeStage(stage, network.layers));
  const expected = [
    `input bytes ${checksum(network.input)}`,
    ...stages.map((stage, i) => expectedStage(stage, i, network.layers, checksums)),
    ...expectedBoxes(head, levels),
  ];
  return { job, layers, expected };
}

async function readPicture(path) {
  const { data } = await sharp(path)
    .resize(width, height, { fit: "cover" })
    .flatten()
    .toColorspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const i420 = new Uint8Array((width * height * 3) / 2);
  rgbToI420(data, width, height, i420);
  return { width, height, data: i420 };
}

/** `struct decoding` of the driver, and the thresholds as logits. */
function headParts(head, levels) {
  const { classes, candidates, maxDetections, nmsIou, thresholds } = head;
  const percent = Math.round(nmsIou * 100);
  const sizes = levels.flatMap(({ shape, stride }) => [shape.width, shape.height, stride]);
  return [
    Int32Array.of(classes.length, candidates, maxDetections, percent, levels.length, ...sizes),
    Float32Array.from(thresholds, (threshold) => Math.log(threshold / (1 - threshold))),
  ];
}

/** The lines that the driver prints of the boxes, scores and sides in thousandths. */
function expectedBoxes(head, levels) {
  const outputs = levels.map(({ data, shape, stride }) => ({
    data,
    width: shape.width,
    height: shape.height,
    stride,
  }));
  const boxes = suppress(decode(outputs, head, head.thresholds).sure, head.nmsIou, head.maxDetections);
  const thousandths = (value) => `${value < 0 ? "-" : ""}${Math.floor(Math.abs(value) * 1000 + 0.5)}`;
  return boxes.map(({ classId, score, box }) =>
    ["box", classId, ...[score, ...box].map(thousandths)].join(" "),
  );
}

/** As `xnor_resampler_create` reads it. */
function tapTable({ inSize, outSize, first, offsets, weights }) {
  return Int32Array.of(inSize, outSize, ...first, ...offsets, ...weights);
}

/** The number of parts, where each begins and how long it is, and the parts, each at a multiple of 64 bytes. */
function joinParts(parts) {
  const align = (offset) => Math.ceil(offset / 64) * 64;
  const header = new Uint32Array(1 + 2 * parts.length);
  header[0] = parts.length;
  let end = header.byteLength;
  for (const [i, part] of parts.entries()) {
    header.set([align(end), part.byteLength], 1 + 2 * i);
    end = align(end) + part.byteLength;
  }
  const job = new Uint8Array(align(end));
  job.set(bytesOf(header));
  for (const [i, part] of parts.entries()) job.set(bytesOf(part), header[1 + 2 * i]);
  return job;
}

function bytesOf(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Of zeros of either sign every operation behind makes the same; the kernels differ in which they give. */
function unsignedZeros(map) {
  return map instanceof Float32Array ? map.map((value) => value + 0) : map;
}

/** FNV-1a, 32 bits, of the array's bytes. */
function checksum(array) {
  let hash = 2166136261;
  for (const byte of bytesOf(array)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

function describeStage({ source, conv, value }, layers) {
  const layer = conv === undefined ? layers[value] : layers.find(({ name }) => name === conv.name);
  return {
    name: layer.name,
    op: conv?.op ?? source,
    binaryMacs: layer.macs.binary,
    realMacs: layer.macs.real,
  };
}

/** The line that the driver prints of a stage: the maps that it writes. */
function expectedStage(stage, index, layers, checksums) {
  const { source, affine, value, real, sign, quantize, planes } = stage;
  const isPictureBytes = source === "picture" && layers[value].kind === "bytes";
  const givesSums = isConvolutionOfIntegers(stage) && affine === undefined;
  const maps = [
    ["sums", givesSums ? value : undefined],
    ["real", real ? value : undefined],
    ["bytes", isPictureBytes ? value : quantize?.map],
    ["signs", sign?.map],
    ["planes", planes?.map],
  ];
  const written = maps.filter(([, map]) => map !== undefined);
  return [
    `stage ${index}`,
    ...written.map(([name, map]) => `${name} ${checksums.get(layers[map].name)}`),
  ].join(" ");
}
