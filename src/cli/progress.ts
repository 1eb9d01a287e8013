import { SingleBar } from "cli-progress";

/** Does the same with each item in turn, under a bar on the terminal. */
export async function withProgress<Item>(
  items: readonly Item[],
  unit: string,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const bar = new SingleBar({
    format: `{bar} {value}/{total} ${unit}, {eta_formatted} left`,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: false,
  });
  bar.start(items.length, 0);
  try {
    for (const item of items) {
      await work(item);
      bar.increment();
    }
  } finally {
    bar.stop();
  }
}
