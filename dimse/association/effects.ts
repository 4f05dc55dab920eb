import { encodePdu } from "../pdu.ts";
import type { Effect } from "../state_table.ts";
import type { Ending } from "./ending.ts";

/** What the state table has the upper layer do. */
export interface Duties {
  /** Opens the connection, then has the PDU sent that asks for the association. */
  connect(bytes: Uint8Array): void;
  close(): void;
  write(bytes: Uint8Array): void;
  startArtim(): void;
  stopArtim(): void;
  indicate(indication: "associate" | "data" | "release"): void;
  end(ending: Ending): void;
}

/** What goes with an event. */
export interface Input {
  /** The encoded PDUs to send. */
  readonly bytes: Uint8Array;
  /** Why the association ends, if it does by this event. */
  readonly ending: Ending;
  /** Reason of an abort by the provider (PS3.8 Table 9-26). */
  readonly abortReason: number;
}

/** Source of an A-ABORT (PS3.8 Table 9-26). */
const AbortSource = { user: 0, provider: 2 } as const;

/** How each effect of the state table is performed. */
export const PERFORM: { readonly [E in Effect]: (duties: Duties, input: Input) => void } = {
  "open transport": (duties, { bytes }) => duties.connect(bytes),
  "close transport": (duties) => duties.close(),
  "send A-ASSOCIATE-RQ": (duties, { bytes }) => duties.write(bytes),
  "send A-ASSOCIATE-AC": (duties, { bytes }) => duties.write(bytes),
  "send A-ASSOCIATE-RJ": (duties, { bytes, ending }) => {
    duties.write(bytes);
    duties.end(ending);
  },
  "send P-DATA-TF": (duties, { bytes }) => duties.write(bytes),
  "send A-RELEASE-RQ": (duties) => duties.write(encodePdu({ kind: "releaseRequest" })),
  "send A-RELEASE-RP": (duties) => duties.write(encodePdu({ kind: "releaseReply" })),
  "send A-ABORT user": (duties, { ending }) => {
    duties.write(encodePdu({ kind: "abort", source: AbortSource.user, reason: 0 }));
    duties.end(ending);
  },
  "send A-ABORT provider": (duties, { abortReason: reason }) =>
    duties.write(encodePdu({ kind: "abort", source: AbortSource.provider, reason })),
  "indicate associate": (duties) => duties.indicate("associate"),
  "confirm associate": (duties) => duties.indicate("associate"),
  "confirm rejection": (duties, { ending }) => duties.end(ending),
  "indicate data": (duties) => duties.indicate("data"),
  "indicate release": (duties) => duties.indicate("release"),
  "confirm release": (duties, { ending }) => duties.end(ending),
  "indicate abort": (duties, { ending }) => duties.end(ending),
  "start ARTIM": (duties) => duties.startArtim(),
  "stop ARTIM": (duties) => duties.stopArtim(),
};
