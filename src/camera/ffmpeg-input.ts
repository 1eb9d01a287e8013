import { isAbsolute } from "node:path";
import { withoutCredentials } from "../redact.ts";

const prefix = "ffmpeg:";

/** How ffmpeg is told what to read. */
export interface FfmpegInput {
  /** For logs and the page, without credentials. */
  readonly name: string;
  readonly kind: "device" | "network" | "file";
  /** Arguments for ffmpeg. They stand in the list of processes, so they have no credentials. */
  readonly args: readonly string[];
  /** What goes through its standard input. */
  readonly stdin: string;
}

/** What "ffmpeg:…" of `camera.source` names; null where the source is another. */
export function ffmpegTarget(source: string): string | null {
  return source.startsWith(prefix) ? source.slice(prefix.length).trim() : null;
}

/**
 * Arguments for a target: a device of V4L2 ("/dev/video0"), an address ("rtsp://…"), or a file, which is played again
 * and again at its own speed.
 */
export function ffmpegInput(
  target: string,
  { width, height, fps }: { readonly width: number; readonly height: number; readonly fps: number },
): FfmpegInput {
  const name = withoutCredentials(target);
  // What waits to be decoded is old: a camera on the network is to show what is, not what was.
  const live = ["-fflags", "nobuffer", "-flags", "low_delay"];
  if (target.startsWith("/dev/")) {
    const wanted = ["-framerate", `${fps}`, "-video_size", `${width}x${height}`];
    return { name, kind: "device", args: [...live, "-f", "v4l2", ...wanted, "-i", target], stdin: "" };
  }
  if (!/^\w+:\/\//.test(target)) {
    const path = isAbsolute(target) ? target : `./${target}`;
    return { name, kind: "file", args: ["-re", "-stream_loop", "-1", "-i", `file:${path}`], stdin: "" };
  }
  // Whoever may list processes sees arguments, but not what goes through a pipe: so ffmpeg gets a playlist of one.
  const list = ["ffconcat version 1.0", `file ${quoted(target)}`];
  if (/^rtsps?:/.test(target)) list.push("option rtsp_transport tcp");
  const protocols = "pipe,tcp,udp,rtp,srtp,tls,crypto,http,https,httpproxy,rtsp,rtmp,rtmps,srt";
  const reading = ["-f", "concat", "-safe", "0", "-protocol_whitelist", protocols, "-i", "pipe:0"];
  return { name, kind: "network", args: [...live, ...reading], stdin: `${list.join("\n")}\n` };
}

/** As ffmpeg's own quoting wants it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
