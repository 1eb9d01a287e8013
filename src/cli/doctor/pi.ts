import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { networkInterfaces, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { raspberryPiModel } from "../../alarm/gpio/find-pins.ts";
import { type CheckResult, failed, ok, warning } from "../../health/check.ts";

const run = promisify(execFile);

/** A card lives for some hundreds of times its size. */
const writesOfALife = 300;
/** Who the service runs as, where it is installed. */
const serviceUser = "xnorcam";

/** What wears a card out: being written to. */
export function checkCard(root = "/"): CheckResult {
  const [card] = existsSync(join(root, "sys/block"))
    ? readdirSync(join(root, "sys/block")).filter((name) => /^mmcblk\d+$/.test(name))
    : [];
  if (card === undefined) return ok("card", "no SD card in this machine");
  const number = (file: string) => Number(readFileSync(join(root, file), "utf8"));
  const sizeKb = number(`sys/block/${card}/size`) / 2;
  const writtenKb = partitions(root, card)
    .map((name) => `sys/fs/ext4/${name}/lifetime_write_kbytes`)
    .filter((file) => existsSync(join(root, file)))
    .reduce((sum, file) => sum + number(file), 0);
  const times = writtenKb / sizeKb;
  const found = `${card} of ${Math.round(sizeKb / 1e6)} GB, written ${times.toFixed(1)} times over`;
  if (times > writesOfALife) {
    return warning(
      "card",
      found,
      "Keep a copy of the settings, and put in a new card soon, best an endurance one",
    );
  }
  const swaps = existsSync(join(root, "proc/swaps")) ? readFileSync(join(root, "proc/swaps"), "utf8") : "";
  if (/^\/(var\/swap|dev\/mmcblk)/m.test(swaps)) {
    return warning(
      "card",
      `${found}; memory is swapped out to it`,
      "Swap to memory: sudo apt install zram-tools, and sudo apt remove dphys-swapfile",
    );
  }
  return ok("card", found);
}

function partitions(root: string, card: string): string[] {
  return readdirSync(join(root, "sys/block", card)).filter((name) => name.startsWith(`${card}p`));
}

/** On a Pi: whether the user that runs Xnorcam may use camera and pins. */
export function checkGroups(): CheckResult {
  if (raspberryPiModel() === null) return ok("groups", "this is no Raspberry Pi: none are needed");
  const { username, uid } = userInfo();
  const groups = readFileSync("/etc/group", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = readFileSync("/etc/passwd", "utf8").includes(`\n${serviceUser}:`) ? serviceUser : username;
  if (user === username && uid === 0) return ok("groups", "root needs none");
  const missing = ["video", "gpio"].filter(
    (name) =>
      !groups.some(([group, , , members = ""]) => group === name && members.split(",").includes(user)),
  );
  if (missing.length === 0) return ok("groups", `${user} is in video and gpio`);
  return {
    ...failed(
      "groups",
      `${user} is not in ${missing.join(" and ")}`,
      `sudo usermod -aG ${missing.join(",")} ${user}, then log in again`,
    ),
    ...(uid === 0 ? { repair: () => run("usermod", ["-aG", missing.join(","), user]).then(() => {}) } : {}),
  };
}

export function checkNetwork(): CheckResult {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(
      ({ internal, family, address }) => !internal && (family === "IPv4" || !address.startsWith("fe80")),
    )
    .map(({ address }) => address);
  if (addresses.length > 0) return ok("network", addresses.join(", "));
  return warning(
    "network",
    "no address: nobody can watch, and the clock is not set",
    "sudo nmtui sets up Wi-Fi",
  );
}
