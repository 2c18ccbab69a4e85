// Texts as bytes and back: QuickJS has neither TextEncoder nor TextDecoder.

/** A text as UTF-8. */
export function encode(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (byte) => byte.charCodeAt(0));
}

/** UTF-8 as a text; throws if it is none. */
export function decode(bytes) {
  let escaped = "";
  for (const byte of bytes) escaped += String.fromCharCode(byte);
  return decodeURIComponent(escape(escaped));
}
