import { createHash } from "node:crypto";
import type { Extract } from "../archive/extract.ts";
import type { Modifier } from "../archive/modify.ts";
import { type ApplyModification, createApply } from "../archive/modify/apply.ts";
import type { Modification } from "../archive/modify/modification.ts";
import { PROFILE_OPTIONS, type ProfileOption } from "../archive/confidentiality_profile.ts";
import { METADATA } from "../archive/resource.ts";
import { createUidMap } from "../archive/uid_map.ts";
import { type ByteSource, memorySource } from "../bytes/source.ts";
import { parseTagOrName } from "../dicom/dictionary.ts";
import { DicomError } from "../errors.ts";
import type { Changed } from "./prepare.ts";
import type { Change } from "./rule.ts";

/** Larger results are not held in memory, in bytes. */
const LARGEST = 1_073_741_824;

/** What changes need. */
export interface ChangePorts {
  readonly modifier: Pick<Modifier, "file">;
  readonly extract: (source: ByteSource) => Promise<Extract>;
  /** Of lossy codecs, 1 to 100. */
  readonly quality: number;
}

/**
 * Makes the function that applies the changes of a rule to a copy of an instance. The same changes make the same file of
 * the same instance, whenever they are applied: new UIDs come of the old ones and a secret.
 */
export function createChange({ modifier, extract, quality }: ChangePorts) {
  /** @throws DicomError `bad-request` or `unknown-tag` for changes that cannot be made */
  return async (id: string, changes: readonly Change[]): Promise<Changed> => {
    const applies = changes.flatMap((change) => applyOf(change) ?? []);
    const apply: ApplyModification = (root) => applies.forEach((each) => each(root));
    const transcode = changes.flatMap((change) => "transcode" in change ? [change.transcode] : [])
      .at(-1);
    const wanted = transcode === undefined ? null : { to: transcode, quality };
    const { bytes } = await modifier.file(id, { apply, transcode: wanted });
    const result = await collect(bytes);
    const { identity, ids, metadata } = await extract(memorySource(result));
    return {
      bytes: result,
      ids,
      sopClassUid: metadata.Instance[METADATA.SopClassUid] ?? "",
      sopInstanceUid: identity.sopInstanceUid,
      transferSyntaxUid: metadata.Instance[METADATA.TransferSyntax] ?? "",
      studyInstanceUid: identity.studyInstanceUid,
      seriesInstanceUid: identity.seriesInstanceUid,
    };
  };
}

function applyOf(change: Change): readonly ApplyModification[] | undefined {
  if ("transcode" in change) return undefined;
  return "modify" in change ? modifying(change.modify) : [deidentifying(change.deidentify)];
}

const PLAIN: Modification = {
  kind: "modify",
  level: "Instance",
  replace: {},
  remove: [],
  keep: ["SOPInstanceUID"],
  removePrivateTags: false,
  privateCreator: "",
  profile: null,
};

/** Nothing but what is named changes, so UIDs stay. */
function modifying(
  { set, remove, ifAbsent }: OptionsOf<Change, "modify">,
): readonly ApplyModification[] {
  const plain = (more: Partial<Modification>) => createApply({ ...PLAIN, ...more }, NO_IDENTIFIERS);
  const absent = Object.entries(ifAbsent).map(([path, value]): ApplyModification => {
    const tag = parseTagOrName(path);
    const apply = plain({ replace: { [path]: value } });
    return (root) => {
      if (tag === undefined || !root.get(tag)) apply(root);
    };
  });
  return [plain({ replace: set, remove }), ...absent];
}

type OptionsOf<C, K extends string> = C extends { readonly [Key in K]: infer V } ? V : never;

const NO_IDENTIFIERS = { uids: createUidMap(""), isModified: () => false };

function deidentifying(
  { options, secret }: OptionsOf<Change, "deidentify">,
): ApplyModification {
  const known = options.filter((option): option is ProfileOption => option in PROFILE_OPTIONS);
  if (known.length < options.length) {
    const unknown = options.find((option) => !(option in PROFILE_OPTIONS));
    throw new DicomError("bad-request", `Cannot de-identify: there is no option ${unknown}`);
  }
  const uids = createUidMap(createHash("sha256").update(secret).digest("base64"));
  const modification: Modification = {
    ...PLAIN,
    kind: "anonymize",
    level: "Patient",
    keep: [],
    removePrivateTags: true,
    profile: { edition: "2023b", options: known },
  };
  return createApply(modification, { uids, isModified: () => true });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > LARGEST) {
      throw new DicomError("too-large", `Cannot send: more than ${LARGEST} bytes`);
    }
    parts.push(chunk.slice());
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
