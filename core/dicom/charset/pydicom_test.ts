import assert from "node:assert/strict";
import { characterSets, decodeText, defaultCharacterSets } from "../charset.ts";

/** Where Debian has the interpreter that sees its package python3-pydicom. */
const PYTHON = "/usr/bin/python3";

/** Prints each text element of pydicom's sample files: file, charset, VR, bytes and pydicom's text. */
const SCRIPT = `
import glob, json, os, warnings
import pydicom, pydicom.data
warnings.simplefilter("ignore")
def walk(name, ds, inherited):
    own = ds.get("SpecificCharacterSet")
    charset = inherited if own is None else own if isinstance(own, str) else "\\\\".join(own)
    for tag in sorted(ds.keys()):
        raw = ds.get_item(tag)
        data = raw.value if isinstance(raw.value, bytes) else None
        element = ds[tag]
        if element.VR == "SQ":
            for item in element.value: walk(name, item, charset)
        elif element.VR in ("PN", "LO", "SH", "LT", "ST", "UT") and data:
            many = element.value if element.VM > 1 else [element.value]
            rows.append([name, charset, element.VR, data.hex(), "\\\\".join(str(v) for v in many)])
rows = []
folder = os.path.join(os.path.dirname(pydicom.data.__file__), "charset_files")
for path in sorted(glob.glob(os.path.join(folder, "*.dcm"))):
    walk(os.path.basename(path), pydicom.dcmread(path, force=True), "")
print(json.dumps(rows))
`;

type Row = readonly [file: string, charset: string, vr: string, hex: string, text: string];

/** What pydicom reads; undefined, with the reason printed, where it is not installed. */
function readByPydicom(): readonly Row[] | undefined {
  try {
    const { success, stdout } = new Deno.Command(PYTHON, { args: ["-c", SCRIPT], stderr: "null" })
      .outputSync();
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log("Cannot compare with pydicom: python3-pydicom is not installed");
}

const rows = readByPydicom();

Deno.test({
  name: "decodeText() agrees with pydicom on pydicom's sample files",
  ignore: rows === undefined && Deno.env.get("CI") !== "true",
  fn() {
    const latin1 = defaultCharacterSets("Latin1");
    for (const [file, charset, vr, hex, expected] of rows ?? []) {
      const sets = characterSets(charset, latin1);
      const text = decodeText(Uint8Array.fromHex(hex), sets, { personName: vr === "PN" });
      assert.equal(
        text.replace(/[ =]+$/, ""),
        expected.replace(/[ =]+$/, ""),
        `${file} ${charset}`,
      );
    }
    assert.ok((rows?.length ?? 0) > 50);
  },
});
