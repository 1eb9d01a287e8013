import { XnorcamError } from "../errors.ts";

/** A section of a cfg: "[convolutional]" and the lines below it. */
export interface CfgSection {
  /** Without brackets. */
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly options: ReadonlyMap<string, CfgOption>;
}

export interface CfgOption {
  readonly text: string;
  readonly line: number;
}

/** An error about the content of one of Darknet's files. */
export function darknetError(source: string, message: string): XnorcamError {
  return new XnorcamError("XC_DARKNET_INVALID", `${source}: ${message}`);
}

/**
 * Splits a cfg into its sections, as Darknet's `read_cfg` does: spaces count nowhere, lines that begin with # or ; are
 * comments, and of a key that comes twice the first counts. A comment may stand behind a value, too.
 * @param source the file's name, for messages
 * @throws XnorcamError XC_DARKNET_INVALID that names the line
 */
export function parseCfg(text: string, source: string): CfgSection[] {
  const sections: (CfgSection & { options: Map<string, CfgOption> })[] = [];
  for (const [i, raw] of text.split("\n").entries()) {
    const line = i + 1;
    const content = raw.replaceAll(/\s/g, "").replace(/[#;].*$/, "");
    if (content === "") continue;
    if (content.startsWith("[")) {
      if (!/^\[[^[\]]+\]$/.test(content)) {
        throw darknetError(
          source,
          `line ${line}: "${content}" is no name of a section, as [convolutional] is`,
        );
      }
      sections.push({ name: content.slice(1, -1), line, options: new Map() });
      continue;
    }
    const [, key, value] = /^([^=]+)=(.*)$/.exec(content) ?? [];
    if (key === undefined || value === undefined) {
      throw darknetError(source, `line ${line}: "${content}" is neither a [section] nor key=value`);
    }
    const section = sections.at(-1);
    if (section === undefined) throw darknetError(source, `line ${line}: ${key} stands before any [section]`);
    if (!section.options.has(key)) section.options.set(key, { text: value, line });
  }
  return sections;
}
