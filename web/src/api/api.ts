import type { ProblemBody } from "../../../src/server/wire.ts";

/** An answer that is an error, or none at all. */
export class ApiError extends Error {
  /** Of HTTP; 0 where the camera didn't answer. */
  readonly status: number;
  /** Each field of a form that is wrong, where the camera says which. */
  readonly fields: NonNullable<ProblemBody["errors"]>;

  constructor(status: number, detail: string, fields: ProblemBody["errors"] = []) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where 401 means that what was typed is wrong. */
const passwordPaths: ReadonlySet<string> = new Set(["/login", "/setup", "/account/password"]);

/** Requests to the camera that served the page, below `/api/v1`. */
export class Api {
  /** Called when the camera says that nobody is signed in any more. */
  onSignedOut: () => void = () => {};

  /** @throws ApiError */
  async get<Answer>(path: string): Promise<Answer> {
    return await this.#request("GET", path);
  }

  /**
   * A request that changes something.
   * @throws ApiError
   */
  async send<Answer>(method: Exclude<Method, "GET">, path: string, body: object = {}): Promise<Answer> {
    return await this.#request(method, path, body);
  }

  async #request<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`/api/v1${path}`, {
      method,
      cache: "no-store",
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    }).catch(() => null);
    if (response === null) throw new ApiError(0, "");
    const text = await response.text().catch(() => "");
    if (response.ok) return (text === "" ? null : JSON.parse(text)) as Answer;
    // A password that is wrong ends no session.
    if (response.status === 401 && !passwordPaths.has(path)) this.onSignedOut();
    const problem = readProblem(text);
    throw new ApiError(response.status, problem?.detail ?? response.statusText, problem?.errors);
  }
}

/** @returns null where something between the page and the camera answered */
function readProblem(text: string): ProblemBody | null {
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return null;
  }
}
