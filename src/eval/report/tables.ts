import type { Recall } from "../breakdown.ts";
import type { Matches } from "../match.ts";
import { type ClassScores, recallAtFalsePositives } from "../score.ts";
import type { Confusion } from "./confusion.ts";
import { escapeHtml } from "./escape-html.ts";

/** False positives a picture at which recall is given. */
const rates = [0.01, 0.05, 0.1, 0.3];

/** Recall at fixed false positives, a row for each class. */
export function recallTable(
  rows: readonly { label: string; matches: Matches; scores: ClassScores }[],
): string {
  const body = rows.map(({ label, matches, scores }) => {
    const recalls = rates.map((rate) => share(recallAtFalsePositives(matches, rate).recallAtFp));
    return `<tr><th scope="row">${escapeHtml(label)}</th>${number(matches.goals.length)}${share(scores.ap50)}${recalls.join("")}${share(scores.recallAtFp)}<td>${scores.threshold.toFixed(3)}</td></tr>`;
  });
  const head = ["class", "objects", "AP50", ...rates.map((rate) => `${rate}`), "at its rate", "from score"];
  return table(head, body);
}

/** Recall of parts of the objects, a row for each class, a column for each part. */
export function breakdownTable(
  rows: readonly { label: string; parts: Readonly<Record<string, Recall>> }[],
  columns: readonly string[],
): string {
  const body = rows.map(({ label, parts }) => {
    const cells = columns.map((column) => {
      const part = parts[column];
      return part === undefined ? "<td></td>" : share(part.recall, `of ${part.objects}`);
    });
    return `<tr><th scope="row">${escapeHtml(label)}</th>${cells.join("")}</tr>`;
  });
  return table(["class", ...columns], body);
}

/** Rows: what it is; columns: what it was taken for. */
export function confusionTable({ classes, counts, missed, invented }: Confusion): string {
  const body = classes.map((label, row) => {
    const total = counts[row]!.reduce((sum, count) => sum + count, missed[row]!);
    const cells = [...counts[row]!, missed[row]!].map((count, column) => {
      const strength = total === 0 ? 0 : Math.round((count / total) * 100);
      const kind = column === row ? "right" : "wrong";
      return `<td class="${kind}" style="--share:${strength}%">${count === 0 ? "" : count}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(label)}</th>${cells.join("")}</tr>`;
  });
  const nothing = invented.map((count) => `<td class="wrong">${count === 0 ? "" : count}</td>`);
  body.push(`<tr><th scope="row">nothing</th>${nothing.join("")}<td></td></tr>`);
  return table(["is / taken for", ...classes, "missed"], body);
}

function table(head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  return `<div class="scroll"><table><thead><tr>${cells}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function number(value: number): string {
  return `<td>${value}</td>`;
}

/** A share with a bar behind it. */
function share(value: number | undefined, remark = ""): string {
  if (value === undefined) return "<td></td>";
  const small = remark === "" ? "" : ` <small>${escapeHtml(remark)}</small>`;
  return `<td class="bar" style="--share:${Math.round(value * 100)}%">${value.toFixed(3)}${small}</td>`;
}
