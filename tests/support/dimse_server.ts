import type { App } from "../../core/app.ts";
import { listenDicom } from "../../dimse/scp.ts";
import type { TestApp } from "./app.ts";
import { startFilled } from "./filled.ts";

/** A filled server that answers DICOM. */
export interface DicomServer extends AsyncDisposable {
  readonly port: number;
  readonly server: TestApp;
}

/** Starts one that allows queries and retrievals. @param change of what the listener serves */
export async function startDicomServer(
  config: Readonly<Record<string, unknown>> = {},
  change: (app: App) => App = (app) => app,
): Promise<DicomServer> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    await startFilled({
      DicomPort: 0,
      DicomAlwaysAllowFind: true,
      DicomAlwaysAllowMove: true,
      DicomAlwaysAllowGet: true,
      ...config,
    }),
  );
  const listener = stack.use(await listenDicom(change(server.app)));
  const running = stack.move();
  return { port: listener.port, server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
