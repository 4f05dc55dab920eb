import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createExtract } from "../../core/archive/extract.ts";
import { createInstanceReader } from "../../core/archive/instance_reader.ts";
import { DEFAULT_MAIN_TAGS } from "../../core/archive/resource.ts";
import { memorySource } from "../../core/bytes/source.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { tagsJson } from "../../core/dicom/json/tags.ts";
import { DicomError } from "../../core/errors.ts";
import {
  compare,
  type Difference,
  itemsOf,
  over,
  type Server,
} from "../support/instance_answers.ts";
import { startApp } from "../support/app.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";
import { TAG_FILES } from "../support/tag_files.ts";

const OPTIONS = { defaultSets: defaultCharacterSets("Latin1"), maximumInflated: 1e8 };
const extract = createExtract({ mainTags: DEFAULT_MAIN_TAGS, ...OPTIONS });

/** Our own code, without a server around it. */
const core: Server = async (file) => {
  const reader = createInstanceReader(memoryFiles({ file }).files, OPTIONS);
  try {
    const { ids } = await extract(memorySource(file));
    const dataSet = await reader.dataSet("file");
    return {
      id: ids.Instance,
      tags: tagsJson(dataSet, { dialect: "full" }),
      simplified: tagsJson(dataSet, { dialect: "simplified" }),
      header: tagsJson(await reader.header("file"), { dialect: "full" }),
      async content(path) {
        const found = await reader.content("file", path);
        if (found?.kind !== "bytes") return found?.names;
        return Buffer.concat(await Array.fromAsync(found.bytes)).toString("base64");
      },
      remove: () => Promise.resolve(),
    };
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return undefined;
  }
};

/** A difference that is meant. */
interface Known {
  readonly reason: string;
  applies(difference: Difference): boolean;
}

/** The text in a value of the full dialect, or in one of the simplified dialect. */
function textOf(value: unknown): string | undefined {
  const text = (value as { Value?: unknown } | null | undefined)?.Value ?? value;
  return typeof text === "string" ? text : undefined;
}

function isNull(value: unknown): boolean {
  return value === null || (value as { Type?: string } | undefined)?.Type === "Null";
}

const KNOWN = {
  allTags: {
    reason: "Orthanc shows the first of several attribute tags",
    applies: ({ ours, theirs }) =>
      /^\w{4},\w{4}\\/.test(textOf(ours) ?? "") && textOf(ours)!.startsWith(textOf(theirs) ?? "?"),
  },
  codeExtensions: {
    reason: "Orthanc takes text with code extensions for text of the first character set",
    applies: ({ part, ours, theirs }) =>
      part !== "content" && /[\xa5$]/.test(textOf(theirs) ?? "") && textOf(ours) !== undefined,
  },
  unknownPadding: {
    reason: "Orthanc does not trim text that is written as UN, nor take a private creator from it",
    applies: ({ ours, theirs }) =>
      textOf(theirs) === `${textOf(ours)} ` ||
      (isNull(theirs) && (ours as { PrivateCreator?: string }).PrivateCreator !== undefined),
  },
  unknownIdentity: {
    reason: "so the identifier is another where PatientID is written as UN and padded",
    applies: ({ file, part }) => part === "id" && file.startsWith("rtdose_rle"),
  },
  unknownValue: {
    reason: "Orthanc does not look into binary numbers and sequences that are written as UN",
    applies: ({ part, ours, theirs }) =>
      part !== "content" && isNull(theirs) && (textOf(ours) ?? itemsOf(ours)) !== undefined,
  },
  unknownContent: {
    reason: "nor are such sequences lists of items there",
    applies: ({ part, ours, theirs }) =>
      part === "content" && Array.isArray(ours) && String(theirs).startsWith(ITEM_IN_BASE64),
  },
  padding: {
    reason: "Orthanc normalises padding of values, we give the bytes of the file",
    applies: ({ part, ours, theirs }) => {
      const trimmed = (value: unknown) =>
        Buffer.from(String(value), "base64").toString("latin1").replace(/[ \0]+$/, "");
      return part === "content" && typeof ours === "string" && trimmed(ours) === trimmed(theirs);
    },
  },
  lenient: {
    reason: "Orthanc refuses the file, though what is meant is clear",
    applies: ({ part, ours, theirs }) => part === "stored" && ours === true && theirs === false,
  },
} as const satisfies Record<string, Known>;

/** The tag of an item, as a value begins with it. */
const ITEM_IN_BASE64 = "/v8A4";

/** The files of a folder of Debian's python3-pydicom. */
async function* pydicomFiles(folder: string) {
  const script = "import os, pydicom; print(os.path.dirname(pydicom.__file__))";
  const { stdout } = await new Deno.Command(PYTHON, { args: ["-c", script] }).output();
  const path = `${new TextDecoder().decode(stdout).trim()}/data/${folder}`;
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile && name.endsWith(".dcm")) {
      yield [name, await Deno.readFile(`${path}/${name}`)] as const;
    }
  }
}

const PYTHON = "/usr/bin/python3";
const PYDICOM_CHECK = [PYTHON, "-c", "import pydicom"] as const;

async function* generated() {
  yield* TAG_FILES;
}

/** The ways to ask us. */
const WAYS: Readonly<Record<string, () => Promise<AsyncDisposable & { readonly server: Server }>>> =
  {
    "our core": () =>
      Promise.resolve({ server: core, [Symbol.asyncDispose]: () => Promise.resolve() }),
    "our routes": async () => {
      const app = await startApp();
      const dispose = () => app[Symbol.asyncDispose]();
      return { server: over(app.send), [Symbol.asyncDispose]: dispose };
    },
  };

interface FileSet {
  readonly files: () => AsyncIterable<readonly [name: string, bytes: Uint8Array<ArrayBuffer>]>;
  readonly needs: readonly (readonly string[])[];
  /** The differences that it shows, all of them. */
  readonly known: readonly (keyof typeof KNOWN)[];
  /** Files that we accept and Orthanc refuses. */
  readonly lenient: readonly string[];
}

const SETS: Readonly<Record<string, FileSet>> = {
  "generated files": {
    files: generated,
    needs: [ORTHANC_CHECK],
    known: ["unknownValue", "unknownContent", "padding", "lenient"],
    lenient: [
      "explicit VR declared, implicit VR real",
      "implicit VR declared, explicit VR real",
      "zeros at the end",
      "one zero at the end",
      "an implicit element among explicit ones",
    ],
  },
  "pydicom's test files": {
    files: () => pydicomFiles("test_files"),
    needs: [ORTHANC_CHECK, PYDICOM_CHECK],
    known: [
      "allTags",
      "codeExtensions",
      "unknownPadding",
      "unknownIdentity",
      "unknownValue",
      "unknownContent",
      "padding",
      "lenient",
    ],
    lenient: ["SC_rgb_jpeg.dcm"], // one element without VR in explicit VR
  },
  "pydicom's character sets": {
    files: () => pydicomFiles("charset_files"),
    needs: [ORTHANC_CHECK, PYDICOM_CHECK],
    known: ["codeExtensions"],
    lenient: [],
  },
};

for (const [name, { files, needs, known, lenient }] of Object.entries(SETS)) {
  for (const [way, start] of Object.entries(WAYS)) {
    peerTest({
      name: `Orthanc and ${way} say the same of ${name}`,
      needs,
      async fn() {
        await using orthanc = await startOrthanc();
        await using we = await start();
        const servers = { ours: we.server, theirs: over(orthanc.request) };
        const seen = new Set<string>();
        const unexplained: Difference[] = [];
        const accepted: string[] = [];
        for await (const [file, bytes] of files()) {
          for (const difference of await compare(file, bytes, servers)) {
            const why = known.find((key) => KNOWN[key].applies(difference));
            if (why === undefined) unexplained.push(difference);
            else seen.add(why);
            if (why === "lenient") accepted.push(file);
          }
        }
        assert.deepEqual(unexplained, []);
        assert.deepEqual(accepted.toSorted(), lenient.toSorted());
        assert.deepEqual([...seen].toSorted(), known.toSorted());
      },
    });
  }
}
