// Puts a manifest into a component, as its section `cascata-manifest`: node manifest.mjs stage.wasm manifest.json
import { readFileSync, writeFileSync } from "node:fs";

const [module, manifest] = process.argv.slice(2);
if (manifest === undefined) {
  console.error("usage: node manifest.mjs COMPONENT MANIFEST");
  process.exit(2);
}
const text = JSON.stringify({ abi: "cascata:stage@0.2.0", sdk: "javascript 0.1.0", ...JSON.parse(readFileSync(manifest, "utf8")) });

/** Bytes behind their length as LEB128. */
function sized(bytes) {
  const length = [];
  for (let rest = bytes.length; ; ) {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
    if (rest === 0) return Buffer.concat([Buffer.from(length), bytes]);
  }
}

const body = Buffer.concat([sized(Buffer.from("cascata-manifest")), Buffer.from(text)]);
writeFileSync(module, Buffer.concat([readFileSync(module), Buffer.from([0]), sized(body)]));
