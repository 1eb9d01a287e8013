#!/usr/bin/env python3
"""Draws the curves of a run from its log: losses, flipped signs, and the scores on val.

  plot.py RUN [--out FILE.png] [--compare OTHER_RUN …]
"""
import argparse
import json
import sys
from pathlib import Path

PANELS = {
    "loss": ("class", "box"),
    "signs that flipped": ("flipped",),
    "mAP50, mAP on val": ("mAP50", "mAP"),
    "AP50 on val": None,  # one curve a class
    "weapon recall at fixed false positives": ("handgun", "rifle", "knife", "weapon"),
}


def read_log(run: Path) -> list[dict]:
    """Lines of RUN/log.jsonl by step; where a run was resumed, the later line of a step goes. A half line at the end,
    which a run that was killed leaves, is passed over. Raises SystemExit when there is nothing to draw."""
    path = run / "log.jsonl"
    if not path.is_file():
        raise SystemExit(f"{path}: there is no such log; give the folder of a run")
    rows: dict[tuple[int, bool], dict] = {}
    for line in path.read_text().splitlines():
        try:
            row = json.loads(line)
            rows[(row["step"], "val" in row)] = row
        except (ValueError, KeyError, TypeError):
            continue
    if not rows:
        raise SystemExit(f"{path}: has no line with a step")
    return [rows[key] for key in sorted(rows)]


def curves(rows: list[dict]) -> dict[str, dict[str, tuple[list[int], list[float]]]]:
    """panel → name of the curve → steps and values."""
    result: dict[str, dict[str, tuple[list[int], list[float]]]] = {panel: {} for panel in PANELS}

    def add(panel: str, name: str, step: int, value: float) -> None:
        steps, values = result[panel].setdefault(name, ([], []))
        steps.append(step)
        values.append(value)

    for row in rows:
        step = row["step"]
        for panel in ("loss", "signs that flipped"):
            for name in PANELS[panel]:
                if name in row:
                    add(panel, name, step, row[name])
        if "val" not in row:
            continue
        for name in PANELS["mAP50, mAP on val"]:
            add("mAP50, mAP on val", name, step, row["val"][name])
        for name, scores in row["val"]["classes"].items():
            if "ap50" in scores and scores["gt"] > 0:
                add("AP50 on val", name, step, scores["ap50"])
            if name in PANELS["weapon recall at fixed false positives"]:
                add("weapon recall at fixed false positives", name, step, scores["recallAtFp"])
    return {panel: lines for panel, lines in result.items() if lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--out", type=Path, help="instead of RUN/curves.png")
    parser.add_argument("--compare", type=Path, nargs="*", default=[], help="other runs, drawn dashed")
    args = parser.parse_args()
    try:
        import matplotlib
    except ImportError:
        raise SystemExit("plot.py needs matplotlib: sudo apt install python3-matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    runs = [(path, curves(read_log(path))) for path in [args.run, *args.compare]]
    panels = [panel for panel in PANELS if any(panel in lines for _, lines in runs)]
    figure, axes = pyplot.subplots(len(panels), 1, figsize=(9, 3.2 * len(panels)), squeeze=False, sharex=True)
    for axis, panel in zip(axes[:, 0], panels):
        colors: dict[str, str] = {}
        for order, (path, lines) in enumerate(runs):
            for name, (steps, values) in lines.get(panel, {}).items():
                color = colors.setdefault(name, f"C{len(colors)}")
                label = name if order == 0 else f"{name} ({path.name})"
                axis.plot(steps, values, ("-", "--", ":")[min(order, 2)], color=color, label=label, marker="." if len(steps) < 20 else "")
        axis.set_title(panel, loc="left", fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7, ncols=2)
    axes[-1, 0].set_xlabel("step")
    out = args.out or args.run / "curves.png"
    try:
        figure.tight_layout()
        figure.savefig(out, dpi=110)
    except OSError as error:
        raise SystemExit(f"{out}: cannot be written ({error})") from error
    print(out, file=sys.stdout)


if __name__ == "__main__":
    main()
