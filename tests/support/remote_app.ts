import { startApp, type TestApp } from "./app.ts";
import { createFakeClient, type FakeClient, type FakeClientOptions } from "./dicom_client.ts";
import { FILES } from "./filled.ts";

/** A filled server that knows two modalities, and talks with none. */
export interface RemoteApp extends TestApp {
  readonly client: FakeClient;
}

/** Modalities of such a server. */
export const MODALITIES = { ct: ["CT", "10.0.0.1", 104], dead: ["DEAD", "10.0.0.2", 104] };

/** Starts it. */
export async function startRemoteApp(
  options: FakeClientOptions = {},
  config: Readonly<Record<string, unknown>> = {},
): Promise<RemoteApp> {
  const client = createFakeClient(options);
  const server = await startApp({
    config: { DicomModalities: MODALITIES, ...config },
    createClient: () => client,
  });
  for (const file of FILES) await server.upload(file);
  return { ...server, client };
}
