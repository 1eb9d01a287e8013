import { type ArmMode, type ScheduleEntry, weekdays } from "./settings.ts";

/**
 * The mode that the schedule asks for at a moment of local time; null where no entry fits. Of several that fit,
 * the first goes. An entry belongs to the day on which it begins: Friday 22:00 to 06:00 ends on Saturday.
 */
export function scheduledMode(schedule: readonly ScheduleEntry[], time: Date): ArmMode | null {
  const today = weekdays[time.getDay()]!;
  const yesterday = weekdays[(time.getDay() + 6) % 7]!;
  const minute = time.getHours() * 60 + time.getMinutes();
  const entry = schedule.find(({ days, from, to }) => {
    const begin = minutesOf(from);
    const end = minutesOf(to);
    if (begin < end) return days.includes(today) && minute >= begin && minute < end;
    return (days.includes(today) && minute >= begin) || (days.includes(yesterday) && minute < end);
  });
  return entry?.mode ?? null;
}

/** "22:30" → 1350 */
function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number) as [number, number];
  return hours * 60 + minutes;
}
