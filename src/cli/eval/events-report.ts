import { basename } from "node:path";
import { round } from "../../round.ts";
import type { ClipOutcome, StillOutcome } from "./play-events.ts";

/** Still pictures without a weapon that may raise the alarm, as a share of them. */
export const allowedStills = 0.01;

/** What `xnorcam eval --events --json` prints. */
export interface EventReport {
  fps: number;
  clips: {
    clip: string;
    frames: number;
    /** Counted from 1; null where no weapon is labeled. */
    firstWeaponFrame: number | null;
    /** Frames from the first labeled weapon to the alarm; null where there was none. */
    framesToAlarm: number | null;
    secondsToAlarm: number | null;
    reason: string | null;
    withoutCause: number;
  }[];
  clipsWithWeapon: number;
  clipsAlarmed: number;
  falseAlarmsPerHour: number;
  hours: number;
  stills: {
    pictures: number;
    alarmed: number;
    share: number;
    bySource: Record<string, { pictures: number; alarmed: number }>;
    /** File and reason of each that alarmed. */
    offenders: { file: string; reason: string }[];
  };
}

export function eventReport(
  clips: readonly ClipOutcome[],
  stills: readonly StillOutcome[],
  fps: number,
): EventReport {
  const rows = clips.map(({ clip, frames, firstWeapon, alarm, reason, withoutCause }) => {
    const framesToAlarm = firstWeapon === null || alarm === null ? null : alarm - firstWeapon;
    return {
      clip,
      frames,
      firstWeaponFrame: firstWeapon === null ? null : firstWeapon + 1,
      framesToAlarm,
      secondsToAlarm: framesToAlarm === null ? null : round(framesToAlarm / fps, 2),
      reason,
      withoutCause: withoutCause.length,
    };
  });
  const hours = rows.reduce((sum, { frames }) => sum + frames, 0) / fps / 3600;
  const falseAlarms = rows.reduce((sum, { withoutCause }) => sum + withoutCause, 0);
  const bySource: EventReport["stills"]["bySource"] = {};
  for (const { picture, reason } of stills) {
    bySource[picture.source] ??= { pictures: 0, alarmed: 0 };
    const part = bySource[picture.source]!;
    part.pictures++;
    if (reason !== null) part.alarmed++;
  }
  const offenders = stills.flatMap(({ picture, reason }) =>
    reason === null ? [] : [{ file: basename(picture.path), reason }],
  );
  return {
    fps,
    clips: rows,
    clipsWithWeapon: rows.filter(({ firstWeaponFrame }) => firstWeaponFrame !== null).length,
    clipsAlarmed: rows.filter(({ framesToAlarm }) => framesToAlarm !== null).length,
    falseAlarmsPerHour: hours === 0 ? 0 : round(falseAlarms / hours, 2),
    hours: round(hours, 4),
    stills: {
      pictures: stills.length,
      alarmed: offenders.length,
      share: stills.length === 0 ? 0 : round(offenders.length / stills.length, 4),
      bySource,
      offenders,
    },
  };
}

export function eventLines(report: EventReport): string[] {
  const { stills, fps } = report;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    ...report.clips.map((clip) => `${clip.clip}: ${clip.frames} frames, ${outcomeText(clip)}`),
    `clips alarmed: ${report.clipsAlarmed} of ${report.clipsWithWeapon} with a weapon; without cause: ${report.falseAlarmsPerHour} an hour (${report.hours} h at ${fps} fps)`,
    ...stills.offenders.map(({ file, reason }) => `  ${file}: ${reason}`),
    ...Object.entries(stills.bySource).map(
      ([source, { pictures, alarmed }]) => `  ${source}: ${alarmed} of ${pictures}`,
    ),
    `pictures without a weapon that alarm: ${stills.alarmed} of ${stills.pictures} (${percent(stills.share)}, at most ${percent(allowedStills)} is wanted)`,
  ];
}

function outcomeText({
  firstWeaponFrame,
  framesToAlarm,
  secondsToAlarm,
  reason,
  withoutCause,
}: EventReport["clips"][number]): string {
  const without = withoutCause === 0 ? "" : `; ${withoutCause} alarms without cause`;
  if (firstWeaponFrame === null) return `no weapon${without}`;
  if (framesToAlarm === null) return `weapon from frame ${firstWeaponFrame}, no alarm${without}`;
  return `weapon from frame ${firstWeaponFrame}, alarm ${framesToAlarm} frames (${secondsToAlarm} s) later: ${reason}${without}`;
}
