import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isPictureFile, listPictures } from "../../src/image/list-pictures.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-list-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("isPictureFile", () => {
  it("goes by the extension, in either case", () => {
    expect(["a.jpg", "b.JPEG", "c.Png", "d.webp", "e.tiff", "f.avif", "g.gif"].every(isPictureFile)).toBe(
      true,
    );
    expect(["a.txt", "jpg", "b.mp4", "c.jpg.part", ".jpg", "._d.jpg"].some(isPictureFile)).toBe(false);
  });
});

describe("listPictures", () => {
  it("sorts numbers as numbers and leaves out what is no picture", async () => {
    for (const name of ["10.png", "2.png", "1.png", "notes.txt", ".hidden.png", "img-3.jpg", "img-20.jpg"]) {
      await writeFile(join(folder, name), "");
    }
    await mkdir(join(folder, "folder.png"));
    const names = (await listPictures(folder)).map((path) => basename(path));
    expect(names).toEqual(["1.png", "2.png", "10.png", "img-3.jpg", "img-20.jpg"]);
  });

  it("refuses an empty folder and names it", async () => {
    await expect(listPictures(folder)).rejects.toMatchObject({
      code: "XC_NO_PICTURES",
      message: expect.stringContaining(folder),
    });
  });

  it("refuses a folder that is not there", async () => {
    await expect(listPictures(join(folder, "none"))).rejects.toMatchObject({ code: "XC_NO_PICTURES" });
  });
});
