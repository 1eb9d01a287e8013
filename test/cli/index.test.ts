import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { program, xnorcam } from "./xnorcam.ts";

describe("help", () => {
  test("--help, -h and help print the same: every command, exit code 0", async () => {
    const [long, short, word] = await Promise.all([xnorcam(["--help"]), xnorcam(["-h"]), xnorcam(["help"])]);
    expect(long.code).toBe(0);
    expect(long.stderr).toBe("");
    for (const { name, summary } of commands) expect(long.stdout).toMatch(`  ${name}`.padEnd(10) + summary);
    expect(short).toEqual(long);
    expect(word).toEqual(long);
  });

  test("no command prints the help on standard error, exit code 2", async () => {
    const { code, stdout, stderr } = await xnorcam([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: xnorcam COMMAND");
  });

  test.each(commands.map(({ name }) => name))("%s --help and help %s say how it is used", async (name) => {
    const [option, word] = await Promise.all([xnorcam([name, "--help"]), xnorcam(["help", name])]);
    expect(option.stdout).toContain(`Usage: xnorcam ${name}`);
    expect(option.code).toBe(0);
    expect(word).toEqual(option);
  });

  test("--version prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await xnorcam(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("wrong use is one line with code XC_USAGE and exit code 2", () => {
  const runUsage =
    "usage: xnorcam run [--config FILE] [--replay PATH] [--fps N] [--port N] [--sensitivity quiet|normal|alert] [--data-dir DIR]";

  test.each([
    [["detct"], "there is no command detct, did you mean detect?"],
    [["watch"], "there is no command watch, expected one of run, detect, eval, bench, model, doctor, user"],
    [
      ["--verison"],
      "there is no option --verison, expected one of run, detect, eval, bench, model, doctor, user",
    ],
    [["help", "bensh"], "there is no command bensh, did you mean bench?"],
    [["run", "--prot", "80"], `there is no option --prot, did you mean --port?; ${runUsage}`],
    [["run", "--port"], `--port needs a value; ${runUsage}`],
    [
      ["run", "--port", "-1"],
      `--port needs a value; one that begins with a dash is written --port=VALUE; ${runUsage}`,
    ],
    [["run", "--port=-1"], `--port must be a whole number from 0 to 65535, not "-1"; ${runUsage}`],
    [["run", "--port", "80.5"], `--port must be a whole number from 0 to 65535, not "80.5"; ${runUsage}`],
    [["run", "--fps", "0"], `--fps must be a number from 0.1 to 60, not "0"; ${runUsage}`],
    [["run", "--fps", ""], `--fps must be a number from 0.1 to 60, not ""; ${runUsage}`],
    [
      ["run", "--sensitivity", "high"],
      `--sensitivity must be one of quiet, normal, alert, not "high"; ${runUsage}`,
    ],
    [["run", "now"], `"now" is one word too many; ${runUsage}`],
    [
      ["doctor", "--json=1"],
      "Option '--json' does not take an argument; usage: xnorcam doctor [--config FILE] [--fix] [--picture FILE] [--json]",
    ],
  ])("%j", async (args, message) => {
    expect(await xnorcam(args)).toEqual({ code: 2, stdout: "", stderr: `xnorcam: ${message} (XC_USAGE)\n` });
  });

  test("XNORCAM_DEBUG=1 adds the stack trace", async () => {
    const { stderr } = await xnorcam(["detct"], { XNORCAM_DEBUG: "1" });
    expect(stderr).toMatch(/\n {4}at /);
  });
});

test("a config file with mistakes is refused by run with all of them, exit code 1 and no stack trace", async () => {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-cli-"));
  const file = join(folder, "c.toml");
  writeFileSync(file, "[camera]\nfsp = 5\n[alarm]\nk = 0\n");
  expect(await xnorcam(["run", "--config", file])).toEqual({
    code: 1,
    stdout: "",
    stderr:
      `xnorcam: ${file}:2: camera.fsp is no setting, did you mean camera.fps?\n` +
      `${file}:4: alarm.k is 0, expected a whole number from 1 to 1000 (XC_CONFIG_INVALID)\n`,
  });
  rmSync(folder, { recursive: true });
});

test("a reader that goes away ends the program quietly", async () => {
  const child = spawn(process.execPath, [program, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
