import { STATUS_CODES } from "node:http";

/** The body of every answer that is an error, after RFC 9457; sent as `application/problem+json`. */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  /** One sentence for the person who reads it. */
  detail: string;
}

export const problemType = "application/problem+json";

export function problem(status: number, detail: string): Problem {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail };
}
