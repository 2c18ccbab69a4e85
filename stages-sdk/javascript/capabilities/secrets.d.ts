/** A secret by name; undefined if the stage's `handler.secrets` does not list it. */
export function secret(name: string): string | undefined;
