import { describe, expect, test } from "vitest";
import { i420Bytes } from "../../src/camera/frame.ts";
import { PaddedFrame } from "../../src/camera/padded-frame.ts";

const pipeBytes = 65_536;

/** A padded frame whose picture bytes count up, and whose padding is 255. */
function padded(width: number, height: number): Buffer {
  const stride = Math.ceil(width / 64) * 64;
  const rows: Buffer[] = [];
  let value = 0;
  const add = (count: number, rowBytes: number, rowStride: number) => {
    for (let row = 0; row < count; row++) {
      const bytes = Buffer.alloc(rowStride, 255);
      for (let at = 0; at < rowBytes; at++) bytes[at] = value++ % 251;
      rows.push(bytes);
    }
  };
  add(height, width, stride);
  add(height, width / 2, stride / 2);
  return Buffer.concat(rows);
}

function countingUp(bytes: Uint8Array): boolean {
  return bytes.every((value, at) => value === at % 251);
}

describe("a padded frame", () => {
  test.each([
    [640, 480],
    [644, 482],
    [66, 64],
    [126, 66],
    [128, 64],
  ])("of %i × %i comes out without padding, whatever the pieces it comes in", (width, height) => {
    const sent = padded(width, height);
    for (const pieceBytes of [width < 200 ? 1 : 1001, 63, pipeBytes, sent.length]) {
      const frame = new PaddedFrame(width, height);
      for (let at = 0; at < sent.length; at += pieceBytes) {
        expect(frame.isComplete).toBe(false);
        const piece = sent.subarray(at, at + pieceBytes);
        if (frame.take(piece, 0) !== piece.length) throw new Error(`did not take all of byte ${at}`);
      }
      expect(frame.isComplete).toBe(true);
      expect(frame.picture.data).toHaveLength(i420Bytes(width, height));
      expect(countingUp(frame.picture.data)).toBe(true);
    }
  });

  test("ends where the next one begins", () => {
    const sent = padded(66, 64);
    const frame = new PaddedFrame(66, 64);
    const two = Buffer.concat([sent, sent]);
    expect(frame.take(two, 0)).toBe(sent.length);
    frame.picture.data.fill(0);
    expect(frame.take(two, sent.length)).toBe(two.length);
    expect(countingUp(frame.picture.data)).toBe(true);
  });

  test.each([640, 644])("of width %i takes at most a millisecond and no memory", (width) => {
    const sent = padded(width, 480);
    const pieces = Array.from({ length: Math.ceil(sent.length / pipeBytes) }, (_, index) =>
      sent.subarray(index * pipeBytes, (index + 1) * pipeBytes),
    );
    const frame = new PaddedFrame(width, 480);
    const { data } = frame.picture;
    const before = process.memoryUsage().arrayBuffers;
    const times: number[] = [];
    for (let count = 0; count < 300; count++) {
      const startMs = performance.now();
      for (const piece of pieces) frame.take(piece, 0);
      times.push(performance.now() - startMs);
    }
    expect(frame.picture.data).toBe(data);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000);
    // The median, as the machine may have other things to do now and then.
    expect(times.sort((a, b) => a - b)[150]).toBeLessThan(1);
  });
});
