import type { Config } from "./config.ts";
import { type Modality, modality, modalityJson } from "./config/modality.ts";
import { named } from "./config/schemas.ts";
import { DicomError } from "./errors.ts";
import type { Properties } from "./ports.ts";

/** What a remote may ask of this server; each has its `DicomAlwaysAllow…` or `Allow…`. */
export type DicomService =
  | "echo"
  | "store"
  | "find"
  | "findWorklist"
  | "get"
  | "move"
  | "nAction"
  | "eventReport";

/** Who calls. */
export interface Caller {
  /** Calling AE title, without outer spaces. */
  readonly aet: string;
  /** IP address the connection comes from. */
  readonly ip: string;
}

/** Whether a caller may use a service, and if not, why, and the line of the configuration that would admit it. */
export type Permission =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string; readonly remedy: string };

/** A modality under its name. */
export interface NamedModality {
  readonly name: string;
  readonly modality: Modality;
}

/** The remote modalities this server knows, from the configuration or the index. */
export interface Modalities {
  /** Sorted by name. */
  list(): readonly NamedModality[];
  get(name: string): Modality | undefined;
  /** Adds or replaces; durable with `DicomModalitiesInDatabase`. */
  set(name: string, modality: Modality): Promise<void>;
  /** @returns whether it was there */
  remove(name: string): Promise<boolean>;
  /** The modality with this AE title; of several, that with the IP address, else the first by name. */
  findByAet(aet: string, ip?: string): NamedModality | undefined;
  /** Whether two AE titles are the same (option `StrictAetComparison`; outer spaces never count). */
  sameAet(a: string, b: string): boolean;
  /**
   * A known caller may do what its `Allow…` says, an unknown one what `DicomAlwaysAllow…` says; storage commitment
   * is for known callers only, since its reports go to the address that is configured.
   */
  permits(service: DicomService, caller: Caller): Permission;
  /** Takes those of the configuration again, unless they are in the index; what was added since is forgotten. */
  reload(): void;
}

/** The options that this depends on. */
type ModalityOptions = Pick<
  Config,
  | (typeof SERVICES)[DicomService]["always"] & string
  | "dicomModalities"
  | "dicomModalitiesInDatabase"
  | "dicomCheckModalityHost"
  | "strictAetComparison"
>;

/** How the options of each service are called. */
const SERVICES = {
  echo: { option: "Echo", allow: "allowEcho", always: "dicomAlwaysAllowEcho" },
  store: { option: "Store", allow: "allowStore", always: "dicomAlwaysAllowStore" },
  find: { option: "Find", allow: "allowFind", always: "dicomAlwaysAllowFind" },
  findWorklist: {
    option: "FindWorklist",
    allow: "allowFindWorklist",
    always: "dicomAlwaysAllowFindWorklist",
  },
  get: { option: "Get", allow: "allowGet", always: "dicomAlwaysAllowGet" },
  move: { option: "Move", allow: "allowMove", always: "dicomAlwaysAllowMove" },
  nAction: { option: "NAction", allow: "allowNAction", always: undefined },
  eventReport: { option: "EventReport", allow: "allowEventReport", always: undefined },
} as const satisfies Record<DicomService, {
  readonly option: string;
  readonly allow: keyof Modality;
  readonly always: keyof Config | undefined;
}>;

/** Where the index keeps modalities (option `DicomModalitiesInDatabase`). */
const PROPERTY = "DicomModalities";

const ALLOWED: Permission = { allowed: true };

const Stored = named(modality);

/**
 * The modalities of the configuration, or with `DicomModalitiesInDatabase` those of the index. Without that option,
 * changes last as long as the process.
 *
 * @throws DicomError `database` if those of the index cannot be read
 */
export async function createModalities(
  config: ModalityOptions,
  properties: Properties,
): Promise<Modalities> {
  const isDurable = config.dicomModalitiesInDatabase;
  let known = mapOf(isDurable ? await readStored(properties) : config.dicomModalities);
  let saved = Promise.resolve();

  /** Changes go one after the other, and are seen when they are durable. */
  function change(edit: (next: Map<string, Modality>) => void): Promise<void> {
    const done = saved.then(async () => {
      const next = new Map(known);
      edit(next);
      if (isDurable) await properties.setProperty(PROPERTY, storedForm(next));
      known = mapOf(Object.fromEntries(next));
    });
    saved = done.catch(() => {});
    return done;
  }

  const modalities: Modalities = {
    list: () => [...known].map(([name, modality]) => ({ name, modality })),
    get: (name) => known.get(name),
    set: (name, modality) => change((next) => void next.set(name, modality)),
    async remove(name) {
      let existed = false;
      await change((next) => void (existed = next.delete(name)));
      return existed;
    },
    findByAet(aet, ip) {
      const same = modalities.list().filter(({ modality }) =>
        modalities.sameAet(modality.aet, aet)
      );
      return same.find(({ modality }) => ip !== undefined && isSameHost(modality.host, ip)) ??
        same[0];
    },
    sameAet: (a, b) => aetKey(a, config) === aetKey(b, config),
    permits(service, caller) {
      const found = modalities.findByAet(caller.aet, caller.ip);
      return found
        ? permitsKnown(service, caller, found, config)
        : permitsUnknown(service, caller, config);
    },
    reload() {
      if (!isDurable) known = mapOf(config.dicomModalities);
    },
  };
  return modalities;
}

function permitsKnown(
  service: DicomService,
  { ip }: Caller,
  { name, modality }: NamedModality,
  { dicomCheckModalityHost }: ModalityOptions,
): Permission {
  const { option, allow } = SERVICES[service];
  if (dicomCheckModalityHost && !isSameHost(modality.host, ip)) {
    return {
      allowed: false,
      reason: `modality "${name}" is at ${modality.host}, and this call comes from ${ip}`,
      remedy:
        `in DicomModalities, set the Host of "${name}" to "${ip}"; or set DicomCheckModalityHost to false`,
    };
  }
  if (modality[allow]) return ALLOWED;
  return {
    allowed: false,
    reason: `modality "${name}" has Allow${option} false`,
    remedy: `in DicomModalities, set Allow${option} of "${name}" to true`,
  };
}

function permitsUnknown(
  service: DicomService,
  { aet, ip }: Caller,
  config: ModalityOptions,
): Permission {
  const { option, always } = SERVICES[service];
  if (always && config[always]) return ALLOWED;
  const entry = JSON.stringify({ [aet]: [aet, ip, DICOM_PORT] });
  return {
    allowed: false,
    reason: `no modality has the AE title "${aet}"`,
    remedy: `add ${entry} (with its port) to DicomModalities` +
      (always ? `, or set DicomAlwaysAllow${option} to true` : ""),
  };
}

/** The usual port of DICOM (PS3.8 Section 9.1.1). */
const DICOM_PORT = 104;

async function readStored(properties: Properties): Promise<Readonly<Record<string, Modality>>> {
  const text = await properties.property(PROPERTY);
  if (text === undefined) return {};
  try {
    return Stored.parse(JSON.parse(text));
  } catch (cause) {
    const fact = "what the index holds is damaged";
    throw new DicomError("database", `Cannot read modalities: ${fact}`, { cause });
  }
}

function storedForm(modalities: ReadonlyMap<string, Modality>): string {
  const entries = [...modalities].map(([name, modality]) => [name, modalityJson(modality)]);
  return JSON.stringify(Object.fromEntries(entries));
}

function mapOf(modalities: Readonly<Record<string, Modality>>): ReadonlyMap<string, Modality> {
  return new Map(Object.entries(modalities).sort(([a], [b]) => a < b ? -1 : 1));
}

function aetKey(aet: string, { strictAetComparison }: ModalityOptions): string {
  const title = aet.replace(/^[ \0]+|[ \0]+$/g, "");
  return strictAetComparison ? title : title.toUpperCase();
}

/** Names are not resolved, but for that of this machine. */
function isSameHost(host: string, ip: string): boolean {
  const address = plainAddress(ip);
  const configured = plainAddress(host);
  return configured === address ||
    (configured === "localhost" && (address === "127.0.0.1" || address === "::1"));
}

/** An IPv6 address without brackets, and an IPv4 address without the form that IPv6 sockets give it. */
function plainAddress(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/^::ffff:(?=[\d.]+$)/, "");
}
