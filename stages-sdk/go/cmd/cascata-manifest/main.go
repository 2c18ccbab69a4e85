// Command cascata-manifest puts a manifest into a module, as its custom section `cascata-manifest`:
//
//	cascata-manifest stage.wasm manifest.json
//
// A section of that name that is there already is replaced.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
)

const section = "cascata-manifest"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: cascata-manifest MODULE MANIFEST")
		os.Exit(2)
	}
	if err := embed(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func embed(modulePath, manifestPath string) error {
	module, err := os.ReadFile(modulePath)
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(manifestPath)
	if err != nil {
		return err
	}
	var members json.RawMessage
	if err := json.Unmarshal(manifest, &members); err != nil || !bytes.HasPrefix(bytes.TrimSpace(members), []byte("{")) {
		return fmt.Errorf("%s is no JSON object: %v", manifestPath, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, members); err != nil {
		return err
	}
	content := []byte(`{"abi":"cascata_v1","sdk":"go 0.1.0",` + string(compact.Bytes()[1:]))
	rest, err := without(module)
	if err != nil {
		return fmt.Errorf("%s: %w", modulePath, err)
	}
	body := append(sized([]byte(section)), content...)
	return os.WriteFile(modulePath, append(append(rest, 0), sized(body)...), 0o644)
}

// sized is bytes behind their length as LEB128.
func sized(bytes []byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(bytes))), bytes...)
}

// without is a module but for its sections of our name.
func without(module []byte) ([]byte, error) {
	if len(module) < 8 || string(module[:4]) != "\x00asm" {
		return nil, fmt.Errorf("no WebAssembly module")
	}
	out := bytes.Clone(module[:8])
	own := sized([]byte(section))
	for at := 8; at < len(module); {
		size, digits := binary.Uvarint(module[at+1:])
		start := at + 1 + digits
		if digits <= 0 || size > uint64(len(module)-start) {
			return nil, fmt.Errorf("the module ends early")
		}
		end := start + int(size)
		if module[at] != 0 || !bytes.HasPrefix(module[start:end], own) {
			out = append(out, module[at:end]...)
		}
		at = end
	}
	return out, nil
}
