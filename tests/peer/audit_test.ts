import assert from "node:assert/strict";
import { listenDicom } from "../../dimse/scp.ts";
import { findscu, run } from "../support/dcmtk.ts";
import { IDS, startFilled } from "../support/filled.ts";
import { peerTest } from "../support/peer.ts";

interface Page {
  readonly Entries: readonly {
    readonly who: string;
    readonly action: string;
    readonly what: string;
    readonly targets: readonly string[];
  }[];
}

peerTest({
  name: "the audit log says who searched and retrieved what by DICOM",
  needs: [["findscu", "--version"], ["getscu", "--version"], ["movescu", "--version"]],
  async fn() {
    await using server = await startFilled({
      DicomPort: 0,
      DicomAlwaysAllowFind: true,
      DicomAlwaysAllowMove: true,
      DicomAlwaysAllowGet: true,
      DicomModalities: { pacs: ["PACS", "127.0.0.1", 1] },
    });
    const { Entries: before } = await server.get<Page>("/audit?limit=1000");
    await using listener = await listenDicom(server.app);
    const { port } = listener;
    await findscu(port, ["-S"], ["QueryRetrieveLevel=STUDY", "PatientName=Doe*"]);
    const folder = await Deno.makeTempDir();
    const keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.3"];
    await run("getscu", "-S", "-od", folder, ...keys, "127.0.0.1", port);
    await run("movescu", "-S", "-aem", "PACS", ...keys, "127.0.0.1", port);
    await Deno.remove(folder, { recursive: true });
    await listener.close(1000);

    const { Entries } = await server.get<Page>("/audit?limit=1000");
    const found = Entries.slice(before.length);
    assert.deepEqual(found.map(({ who, action, what }) => [who, action, what]), [
      ["aet:FINDSCU", "search", "C-FIND"],
      ["aet:GETSCU", "send", "C-GET"],
      ["aet:MOVESCU", "send", "C-MOVE to PACS"],
    ]);
    const { Instances } = await server.get<{ Instances: string[] }>(
      `/series/${await only(server, IDS.p2)}`,
    );
    assert.deepEqual(found[1]!.targets, Instances);
    assert.deepEqual(found[2]!.targets, Instances);
    assert.doesNotMatch(JSON.stringify(found), /doe/i);
  },
});

async function only(server: Awaited<ReturnType<typeof startFilled>>, patient: string) {
  const series = await server.get<{ ID: string }[]>(`/patients/${patient}/series`);
  return series[0]!.ID;
}
