/** Random bytes of the system. */
export function bytes(count: number): Uint8Array;
