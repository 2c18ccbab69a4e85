export { CapabilityError } from "./error.js";

export interface Response {
  readonly status: number;
  readonly body: Uint8Array;
  text(): string;
  /** Whatever the case of its letters. */
  header(name: string): string | undefined;
}

/** Sends a request and gives its answer, of whatever status. */
export function send(url: string, more?: { method?: string; headers?: Record<string, string | number>; body?: Uint8Array | string }): Response;
