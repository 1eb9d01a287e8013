import type { Commanded } from "../tellable.ts";

/** Home Assistant's words for its alarm panel, and ours for its switch and buttons. */
const commands: Readonly<Record<string, (alarm: Commanded) => void>> = {
  ARM: (alarm) => alarm.arm(),
  ARM_AWAY: (alarm) => alarm.arm("away"),
  ARM_HOME: (alarm) => alarm.arm("home"),
  DISARM: (alarm) => alarm.arm("off"),
  ACKNOWLEDGE: (alarm) => alarm.acknowledge(),
  TEST: (alarm) => alarm.test(),
};

const words = Object.keys(commands);
const longestWord = Math.max(...words.map((word) => word.length));

/** What came of a message: the word that was obeyed, or one line that says why it was not. */
export type Obeyed = { readonly word: string } | { readonly refusal: string };

/**
 * Does what a message asks for.
 * @param isRetained such a message was meant for a moment that is long past: it would disarm at each reconnection
 */
export function obey(payload: Buffer, isRetained: boolean, alarm: Commanded): Obeyed {
  if (isRetained)
    return { refusal: "a retained command is ignored; publish commands without the retain flag" };
  const word = payload.length > longestWord ? "" : payload.toString("utf8");
  if (!Object.hasOwn(commands, word)) {
    return { refusal: `a command of ${payload.length} bytes is none of ${words.join(", ")}` };
  }
  commands[word]!(alarm);
  return { word };
}
