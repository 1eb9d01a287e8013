import { basename } from "node:path";
import { FrameMarks } from "./frame-marks.ts";
import { RpicamRun } from "./rpicam-run.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";
import { type SupervisedListener, SupervisedSource } from "./supervised-source.ts";

/** A camera on the Pi's ribbon connector, read through `rpicam-vid`, which is started again whenever it fails. */
export class RpicamSource extends SupervisedSource {
  /** @param program path of `rpicam-vid` or `libcamera-vid` */
  constructor(program: string, settings: RpicamSettings, listener: SupervisedListener) {
    const { width, height, fps } = settings;
    let marks: FrameMarks | undefined;
    super(
      {
        description: `Raspberry Pi camera (${basename(program)}, ${width} × ${height}, ${fps} fps)`,
        open: () => {
          marks = new FrameMarks();
        },
        begin: (runListener) => new RpicamRun(program, settings, marks!, runListener),
        close: () => marks?.close(),
      },
      listener,
    );
  }
}
