import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { SdNotify } from "../../src/service/sd-notify.ts";
import { ServiceLife } from "../../src/service/service-life.ts";
import { until } from "../helpers/until.ts";

/** Node has no datagram sockets of the Unix family, so systemd's end is played by Python. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready", flush=True)
while True:
    message, fds, flags, address = socket.recv_fds(s, 4096, 4)
    # A file descriptor that is closed tells systemd-notify that its message was taken.
    for fd in fds: socket.close(fd)
    print(message.decode().replace("\\n", " "), flush=True)
`;

let folder: string;
let systemd: ChildProcess;
let heard: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  heard = [];
  systemd = spawn("python3", ["-c", receiver, join(folder, "notify")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: systemd.stdout! }).on("line", (line) => heard.push(line));
  await until("systemd listens", () => heard.includes("ready"), 15_000);
  heard = [];
});
afterEach(() => {
  systemd.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

test("systemd hears that it is ready with the first frame, and that it lives only while frames flow", async () => {
  let problem: string | null = null;
  const notify = new SdNotify({ NOTIFY_SOCKET: join(folder, "notify"), WATCHDOG_USEC: "900000" });
  expect(notify.watchdogMs).toBe(300);
  const life = new ServiceLife(notify, systemClock, () => problem);
  const signs = () => heard.filter((message) => message.includes("WATCHDOG=1")).length;

  life.onDetections();
  await until("it is ready", () => heard.some((message) => message.includes("READY=1")), 15_000);
  expect(heard[0]).toContain("STATUS=watching");
  await until("it has lived", () => signs() >= 2, 15_000);
  problem = "no frame has gone through the detector for 10 s";
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = signs();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(signs()).toBe(before);
  problem = null;
  await until("it lives again", () => signs() > before, 15_000);

  await life.stop();
  await until("it stops", () => heard.some((message) => message.includes("STOPPING=1")), 15_000);
}, 60_000);

test("without systemd nothing is told", async () => {
  const life = new ServiceLife(new SdNotify({}), systemClock, () => null);
  life.onDetections();
  await life.stop();
  expect(heard).toEqual([]);
});
