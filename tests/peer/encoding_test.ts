import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { memorySource } from "../../core/bytes/source.ts";
import { encodeDataSet, withCharacterSet } from "../../core/dicom/encode.ts";
import { encodeFileMeta } from "../../core/dicom/file_meta.ts";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { reencode, UNCOMPRESSED } from "../../core/dicom/reencode.ts";
import type { TransferSyntax } from "../../core/dicom/transfer_syntax.ts";
import { run } from "../support/dcmtk.ts";
import { peerTest } from "../support/peer.ts";
import { TAG_FILES } from "../support/tag_files.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
/** Of dcmconv, by UID. */
const OPTIONS: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2": "+ti",
  "1.2.840.10008.1.2.1": "+te",
  "1.2.840.10008.1.2.2": "+tb",
  "1.2.840.10008.1.2.1.99": "+td",
};

/**
 * What DCMTK leaves as it is, or nobody can tell in implicit VR: known tags written as UN get their VR here, private
 * sequences of implicit VR have delimiters, and a sequence's tag with another VR is misread by all.
 */
const OTHERWISE = /^UN |every VR|private elements/;

/** A file of a data set, in a folder. */
async function writeFile(path: string, dataSet: Uint8Array[], { uid }: TransferSyntax) {
  const meta = encodeFileMeta({
    sopClassUid: MR,
    sopInstanceUid: "1.2.3",
    transferSyntaxUid: uid,
    sourceAet: "TEST",
  });
  await Deno.writeFile(
    path,
    Buffer.concat([meta, ...dataSet]),
  );
}

/** The data set as dcmdump shows it, without lengths and the ends of sequences and items. */
async function dump(path: string): Promise<string> {
  const { output, code } = await run("dcmdump", "+L", "-Un", path);
  assert.equal(code, 0, output);
  return output.slice(output.indexOf("# Dicom-Data-Set"))
    .replace(/^# Used TransferSyntax.*$/m, "")
    .replace(/^ *\(fffe,e0[0d]d\).*\n/gm, "")
    .replace(/\((?:Sequence|Item) with (?:explicit|undefined) length #=\d+\)/g, "")
    .replace(/ +# +(?:\d+|u\/l), *\d+ /g, " # ");
}

peerTest({
  name: "encodeDataSet(): dcmdump reads what was written, in each encoding",
  needs: [["dcmdump", "--version"]],
  async fn() {
    const folder = await Deno.makeTempDir();
    const dataSet: NewDataSet = [
      { tag: 0x00080018, vr: "UI", value: "1.2.3" },
      { tag: 0x00080016, vr: "UI", value: MR },
      { tag: 0x00100010, vr: "PN", value: "Müller^Jörg" },
      { tag: 0x00280010, vr: "US", value: "512" },
      { tag: 0x00280009, vr: "AT", value: "0018,1063" },
      { tag: 0x00186028, vr: "FD", value: "-1.5\\2" },
      {
        tag: 0x00400275,
        vr: "SQ",
        value: [[{ tag: 0x00400009, vr: "SH", value: "STEP" }], []],
      },
    ];
    for (const syntax of UNCOMPRESSED.filter(({ deflated }) => !deflated)) {
      const { elements } = withCharacterSet(dataSet, "ISO_IR 192");
      const path = `${folder}/${syntax.uid}.dcm`;
      await writeFile(path, [encodeDataSet(elements, { encoding: syntax })], syntax);
      const { output, code } = await run("dcmdump", path);
      assert.equal(code, 0, output);
      for (
        const line of [
          /\(0008,0005\) CS \[ISO_IR 192\]/,
          /\(0010,0010\) PN \[Müller\^Jörg\]/,
          /\(0018,6028\) FD -1\.5\\2/,
          /\(0028,0009\) AT \(0018,1063\)/,
          /\(0028,0010\) US 512/,
          /\(0040,0009\) SH \[STEP\]/,
        ]
      ) assert.match(output, line, syntax.name);
      assert.doesNotMatch(output, /^[WE]:/m);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

peerTest({
  name: "reencode(): the same as dcmconv makes, from each encoding to each",
  needs: [["dcmconv", "--version"], ["dcmdump", "--version"]],
  async fn(t) {
    const folder = await Deno.makeTempDir();
    const original = `${folder}/original.dcm`;
    for (const [name, bytes] of TAG_FILES) {
      const isSame = /implicit VR|big endian|deflated/.test(name); // as another, but for its encoding
      if (isSame || OTHERWISE.test(name)) continue;
      await Deno.writeFile(original, bytes);
      const { code } = await run("dcmconv", "+te", original, `${folder}/explicit.dcm`);
      if (code !== 0) continue; // compressed, or what DCMTK refuses
      await t.step(name, async () => {
        for (const from of UNCOMPRESSED) {
          const source = `${folder}/from.dcm`;
          await run("dcmconv", OPTIONS[from.uid]!, `${folder}/explicit.dcm`, source);
          for (const to of UNCOMPRESSED.filter((syntax) => syntax !== from)) {
            const expected = `${folder}/expected.dcm`;
            const given = `${folder}/given.dcm`;
            await run("dcmconv", OPTIONS[to.uid]!, source, expected);
            const pieces = reencode(memorySource(await Deno.readFile(source)), {
              to,
              maximumInflated: 1e8,
            });
            await writeFile(given, await Array.fromAsync(pieces, (piece) => piece.slice()), to);
            assert.equal(await dump(given), await dump(expected), `${from.name} to ${to.name}`);
          }
        }
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});
