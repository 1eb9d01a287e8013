import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sharp } from "../../src/image/sharp.ts";
import { fixture } from "./paths.ts";

/** What stands before the camera: a weapon in the left or in the right quarter of the picture, or none. */
export type View = "left" | "right" | "empty";

/** More than one: of a folder with a single picture, a replay keeps that. */
const files = ["a.png", "b.png"];

/** Where they stand, without them: no frame of the demo shows nobody. */
async function desert(): Promise<Buffer> {
  const quarter = { left: 0, top: 0, width: 240, height: 135 };
  return await sharp(fixture("demo/frame-001.webp")).extract(quarter).resize(480, 270).png().toBuffer();
}

/** A folder for a replay whose pictures change when the test says so: the camera sees what is before it now. */
export class Scene {
  readonly folder: string;
  readonly #views: Readonly<Record<View, Buffer>>;

  private constructor(folder: string, views: Readonly<Record<View, Buffer>>) {
    this.folder = folder;
    this.#views = views;
  }

  /** @param folder is made; nothing stands before the camera at first */
  static async create(folder: string): Promise<Scene> {
    mkdirSync(folder);
    const picture = fixture("demo/frame-003.webp");
    const scene = new Scene(folder, {
      right: await sharp(picture).png().toBuffer(),
      left: await sharp(picture).flop().png().toBuffer(),
      empty: await desert(),
    });
    scene.show("empty");
    return scene;
  }

  show(view: View): void {
    for (const file of files) {
      const next = join(this.folder, "next");
      writeFileSync(next, this.#views[view]);
      // In one step: the replay may be about to read it.
      renameSync(next, join(this.folder, file));
    }
  }

  /** How far the picture on the screen is from a view: the mean difference of a color, 0 … 255. */
  async distance(view: View, screen: Buffer): Promise<number> {
    const size = { width: 96, height: 54, fit: "fill" } as const;
    const [shown, expected] = await Promise.all(
      [screen, this.#views[view]].map((picture) =>
        sharp(picture).removeAlpha().resize(size).raw().toBuffer(),
      ),
    );
    return shown!.reduce((sum, value, at) => sum + Math.abs(value - expected![at]!), 0) / shown!.length;
  }
}
