#!/usr/bin/env python3
"""Draws what the detectors of the methods reach against what a frame costs on a Pi Zero's processor.

  npm run -s bench:arm1176 -- --methods --json > counts.json
  chart_methods.py counts.json --out docs/methods.png
"""
import argparse
import json
from pathlib import Path

import model_file

PANELS = {"mAP50": "mAP50 on val", "weaponRecallAtFp": "weapon recall at 0.05 false positives a picture"}


def rows_of(counts: Path) -> list[tuple[str, float, dict[str, float]]]:
    """→ method, millions of instructions a frame, accuracy as its file says. Raises SystemExit where one is missing."""
    try:
        rows = [(row["name"], row["instructions"] / 1e6, Path(row["file"])) for row in json.loads(counts.read_text())]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{counts}: not what `bench:arm1176 -- --methods --json` prints ({error!r})") from error
    result = []
    for name, instructions, file in rows:
        accuracy = model_file.read(file)[0].get("accuracy", {})
        missing = [key for key in PANELS if key not in accuracy]
        if missing:
            raise SystemExit(f"{file}: does not say its {missing[0]}; export it with --data")
        result.append((name, instructions, accuracy))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows = rows_of(args.counts)
    try:
        import matplotlib
    except ImportError:
        raise SystemExit("chart_methods.py needs matplotlib: sudo apt install python3-matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(PANELS), figsize=(11, 4.2))
    for axis, (key, title) in zip(axes, PANELS.items()):
        for name, instructions, accuracy in rows:
            axis.plot(instructions, accuracy[key], "o", color="C0")
            axis.annotate(name, (instructions, accuracy[key]), xytext=(5, 4), textcoords="offset points", fontsize=8)
        axis.set_xscale("log")
        axis.set_xticks([20, 50, 100, 200, 400], ["20", "50", "100", "200", "400"])
        axis.minorticks_off()
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_xlabel("million ARM1176 instructions a frame")
        axis.set_ylim(0, 1.15 * max(accuracy[key] for _, _, accuracy in rows))
        axis.margins(x=0.15)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    try:
        figure.savefig(args.out, dpi=100)
    except OSError as error:
        raise SystemExit(f"{args.out}: cannot be written ({error})") from error
    print(args.out)


if __name__ == "__main__":
    main()
