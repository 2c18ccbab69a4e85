// Puts `manifest.json` into the module as its section `cascata-manifest`: asc … --transform ./transform.mjs
import { readFileSync } from "node:fs";
import { join } from "node:path";

export default class Manifest {
  /** Called by asc with the module before it is optimised and written. */
  afterCompile(module) {
    const manifest = JSON.parse(readFileSync(join(this.baseDir, "manifest.json"), "utf8"));
    const text = JSON.stringify({ abi: "cascata_v1", sdk: "assemblyscript 0.1.0", ...manifest });
    module.addCustomSection("cascata-manifest", new TextEncoder().encode(text));
  }
}
