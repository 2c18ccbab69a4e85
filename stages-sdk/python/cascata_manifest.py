"""Puts a manifest into a component, as its section `cascata-manifest`: python3 cascata_manifest.py stage.wasm manifest.json"""

import json
import sys


def sized(content: bytes) -> bytes:
    """Bytes behind their length as LEB128."""
    length, rest = bytearray(), len(content)
    while True:
        length.append(rest & 127 | (128 if rest > 127 else 0))
        rest >>= 7
        if rest == 0:
            return bytes(length) + content


def main(component: str, manifest: str) -> None:
    with open(manifest, encoding="utf-8") as file:
        members = {"abi": "cascata:stage@0.2.0", "sdk": "python 0.1.0", **json.load(file)}
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    with open(component, "ab") as file:
        file.write(b"\0" + sized(sized(b"cascata-manifest") + text))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: cascata_manifest.py COMPONENT MANIFEST")
    main(*sys.argv[1:])
