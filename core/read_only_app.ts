import type { App } from "./app.ts";
import { DicomError } from "./errors.ts";

/** The same server with everything refused that would change what is stored (option `ReadOnly`). */
export function readOnlyApp(app: App): App {
  const refuse = () =>
    Promise.reject(new DicomError("read-only", "Cannot change anything: the server is read-only"));
  return {
    ...app,
    index: {
      ...app.index,
      addLabel: refuse,
      removeLabel: refuse,
      clearChanges: refuse,
      logChange: refuse,
      refresh: refuse,
    },
    ingest: refuse,
    receive: refuse,
    upload: refuse,
    remove: refuse,
    renewFile: refuse,
    modifier: {
      ...app.modifier,
      ...{ store: refuse, logChange: refuse, copyLabels: refuse, refresh: refuse, remove: refuse },
    },
    protection: { ...app.protection, set: refuse },
    exports: { ...app.exports, log: () => Promise.resolve(), clearExports: refuse },
    metadata: { set: refuse, remove: refuse },
    attachments: {
      ...app.attachments,
      ...{ set: refuse, remove: refuse, compress: refuse, uncompress: refuse },
    },
  };
}
