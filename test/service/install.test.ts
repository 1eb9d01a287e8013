import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const script = fileURLToPath(new URL("./install.sh", import.meta.url));

let folder: string;

/** Only root has the users of a system; where there is no Debian or no overlay, that is said, and in CI an error. */
async function canInstall(): Promise<boolean> {
  const line = await whyNot();
  if (line === null) return true;
  if (process.env.CI) throw new Error(line);
  console.error(line);
  return false;
}

async function whyNot(): Promise<string | null> {
  const title = "INSTALL.SH IS NOT TESTED HERE:";
  if (process.getuid?.() !== 0) return `${title} it takes root to make a system of one's own`;
  const trial = mkdtempSync(join(tmpdir(), "xnorcam-overlay-"));
  try {
    await inSystem(trial, "command -v useradd > /dev/null");
    return null;
  } catch (error) {
    return `${title} ${(error as Error).message.trim().split("\n").at(-1)}`;
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

/** Runs a shell command in a system of its own. @returns what it printed, and the files that it wrote */
async function inSystem(place: string, command: string): Promise<{ printed: string; files: string[] }> {
  const marked = `{ ${command}\n} && echo ---`;
  const run = promisify(execFile);
  const { stdout } = await run("unshare", ["--mount", "sh", script, place, "sh", "-c", marked]);
  const [printed = "", files = ""] = stdout.split("---\n");
  return { printed, files: files.trim().split("\n").filter(Boolean).sort() };
}

describe.skipIf(!(await canInstall()))("install.sh", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-install-"));
    // A release with the packages that say whether it is one.
    for (const part of [
      "dist",
      "docs",
      "models",
      "scripts",
      "systemd",
      "web",
      "README.md",
      "LICENSE",
      "package.json",
    ]) {
      cpSync(join(root, part), join(folder, "release", part), { recursive: true });
    }
    mkdirSync(join(folder, "release/node_modules/sharp"), { recursive: true });
    writeFileSync(join(folder, "release/node_modules/sharp/package.json"), "{}");
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const places =
    /^(opt\/xnorcam\/|etc\/xnorcam\/xnorcam\.toml$|usr\/local\/bin\/xnorcam$|etc\/systemd\/system\/xnorcam\.service$|etc\/systemd\/system\/multi-user\.target\.wants\/xnorcam\.service$|etc\/tmpfiles\.d\/xnorcam\.conf$)/;
  /** What making a user writes. */
  const users =
    /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^etc\/\.pwd\.lock$|^var\/log\/(faillog|lastlog)$/;

  test("writes to its own places only, and makes a user in the groups of camera and pins", async () => {
    const { printed, files } = await inSystem(
      folder,
      `${folder}/release/scripts/install.sh && id -Gn xnorcam && /usr/local/bin/xnorcam --version && stat -c '%U %a' /var/lib/xnorcam /opt/xnorcam /etc/xnorcam /etc/xnorcam/xnorcam.toml`,
    );
    expect(printed).toContain("installed; it starts with the next boot");
    expect(printed.split("\n")).toContain("xnorcam video gpio");
    expect(printed).toMatch(/^\d+\.\d+\.\d+\nxnorcam 750\nroot 755\nxnorcam 755\nxnorcam 644$/m);
    expect(files.filter((file) => !places.test(file) && !users.test(file))).toEqual([]);
    expect(files).toContain("opt/xnorcam/dist/cli/index.js");
  }, 60_000);

  test("done twice it changes nothing more, and keeps the settings; an upgrade leaves no old file behind", async () => {
    const list = "find /opt/xnorcam /etc/xnorcam /etc/systemd/system/xnorcam.service | sort | sha256sum";
    const { printed } = await inSystem(
      folder,
      `${folder}/release/scripts/install.sh > /dev/null
       ${list}
       echo '# mine' >> /etc/xnorcam/xnorcam.toml
       touch /opt/xnorcam/dist/old.js
       ${folder}/release/scripts/install.sh > /dev/null
       ${list}
       tail -1 /etc/xnorcam/xnorcam.toml
       grep -c '^xnorcam:' /etc/passwd`,
    );
    const [first, second, last, count] = printed.trim().split("\n");
    expect(second).toBe(first);
    expect([last, count]).toEqual(["# mine", "1"]);
  }, 60_000);

  test("takes away what it brought; settings and data only when told", async () => {
    const { printed } = await inSystem(
      folder,
      `${folder}/release/scripts/install.sh > /dev/null
       touch /var/lib/xnorcam/event
       /opt/xnorcam/scripts/install.sh --uninstall
       ls /etc/xnorcam /var/lib/xnorcam
       ${folder}/release/scripts/install.sh > /dev/null
       /opt/xnorcam/scripts/install.sh --uninstall --purge
       ls -d /opt/xnorcam /etc/xnorcam /var/lib/xnorcam /usr/local/bin/xnorcam /etc/systemd/system/xnorcam.service 2>&1 | grep -vc 'No such file' || true
       grep -c '^xnorcam:' /etc/passwd || true`,
    );
    const lines = printed.trim().split("\n");
    expect(lines).toContain("event");
    expect(lines).toContain("xnorcam.toml");
    expect(lines.slice(-2)).toEqual(["0", "0"]);
  }, 60_000);

  test("takes Node from an archive only with its checksum", async () => {
    const { printed } = await inSystem(
      folder,
      `mkdir -p /opt/made/node-v22/bin && cp "$(readlink -f '${process.execPath}')" /opt/made/node-v22/bin/node
       tar -cf /opt/made/node.tar -C /opt/made node-v22
       ${folder}/release/scripts/install.sh --node /opt/made/node.tar 2>&1 || true
       ${folder}/release/scripts/install.sh --node /opt/made/node.tar --node-sha256 0000 2>&1 || true
       ${folder}/release/scripts/install.sh --node /opt/made/node.tar --node-sha256 "$(sha256sum /opt/made/node.tar | cut -d' ' -f1)" > /dev/null
       test -f /opt/xnorcam/bin/node && ! test -L /opt/xnorcam/bin/node && /opt/xnorcam/bin/node --version`,
    );
    const [without, wrong, version] = printed.trim().split("\n");
    expect(without).toContain("--node needs --node-sha256");
    expect(wrong).toBe("xnorcam: /opt/made/node.tar does not have the checksum 0000");
    expect(version).toBe(process.version);
  }, 60_000);
});
