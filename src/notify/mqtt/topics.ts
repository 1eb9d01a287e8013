/** Where a camera says what, and listens: all below `xnorcam/<id>`. */
export interface Topics {
  /** "online" or "offline"; the broker says "offline" when the camera is gone. */
  readonly availability: string;
  /** `AlarmMessage`, as JSON. */
  readonly alarm: string;
  /** `DiagnosticsMessage`, as JSON. */
  readonly diagnostics: string;
  /** A notice for each moment of an event, as JSON; the only one that is not retained. */
  readonly event: string;
  /** JPEG: of the last event. */
  readonly still: string;
  /** JPEG: what the camera sees. */
  readonly picture: string;
  /** "ON" or "OFF": whether one of a class is in sight. */
  readonly seen: ReadonlyMap<string, string>;
  /** Listened to. */
  readonly command: string;
}

/** @param classes of the model */
export function topicsOf(id: string, classes: readonly string[]): Topics {
  const base = `xnorcam/${id}`;
  const seen = [...slugsOf(classes)].map(([label, slug]) => [label, `${base}/seen/${slug}`] as const);
  return {
    availability: `${base}/availability`,
    alarm: `${base}/alarm`,
    diagnostics: `${base}/diagnostics`,
    event: `${base}/event`,
    still: `${base}/still`,
    picture: `${base}/picture`,
    seen: new Map(seen),
    command: `${base}/command`,
  };
}

/** Names for topics and ids, no two the same: "cell phone" → "cell_phone". */
export function slugsOf(labels: readonly string[]): Map<string, string> {
  const slugs = new Map<string, string>();
  const taken = new Set<string>();
  for (const label of labels) {
    const plain = label.replaceAll(/[^A-Za-z0-9_-]/g, "_");
    let slug = plain;
    for (let number = 2; taken.has(slug); number++) slug = `${plain}_${number}`;
    taken.add(slug);
    slugs.set(label, slug);
  }
  return slugs;
}
