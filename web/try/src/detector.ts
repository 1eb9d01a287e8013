import type { Found, Kernels, LoadedModel, Request, Response, Task } from "./messages.ts";

interface Waiting {
  resolve(response: Response): void;
  reject(error: Error): void;
}

/** The worker that looks at pictures, as functions. */
export class Detector {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor() {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", (event: MessageEvent<Response>) => {
      const { id } = event.data;
      this.#waiting.get(id)?.resolve(event.data);
      this.#waiting.delete(id);
    });
    // A script that is missing or does not run in this browser; nobody would ever answer.
    this.#worker.addEventListener("error", (event) => {
      const why = event.message ? `: ${event.message}` : "";
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`The detector does not start in this browser${why}.`));
      }
      this.#waiting.clear();
    });
  }

  /**
   * Loads a model in place of the one before, which stays where this fails.
   * @param bytes of the file, handed over. @param kernels null for the best. @throws Error with one line for the user
   */
  async load(name: string, bytes: Uint8Array<ArrayBuffer>, kernels: Kernels | null): Promise<LoadedModel> {
    const response = await this.#ask({ type: "load", name, bytes, kernels }, [bytes.buffer]);
    if (response.type === "loaded") return response.loaded;
    throw new Error(response.type === "failed" ? response.message : "The detector gave no answer.");
  }

  /** @param picture is handed over, and comes back in the result. @throws Error with one line for the user */
  async detect(picture: ImageBitmap): Promise<Found> {
    const response = await this.#ask({ type: "detect", picture }, [picture]);
    if (response.type === "found") return response;
    throw new Error(response.type === "failed" ? response.message : "The detector gave no answer.");
  }

  #ask(task: Task, transfer: Transferable[] = []): Promise<Response> {
    const request: Request = { id: ++this.#lastId, ...task };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      this.#worker.postMessage(request, transfer);
    });
  }
}
