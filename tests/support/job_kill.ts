import assert from "node:assert/strict";
import { type ServerProcess, startServerProcess } from "./server_process.ts";

/** What `/jobs` shows of a job. */
export interface ShownJob {
  readonly ID: string;
  readonly State: string;
  readonly Type: string;
  readonly Progress: number;
  readonly ErrorDescription: string;
  readonly Content: Readonly<Record<string, unknown>>;
}

/** Talks with the server of the moment. */
export interface Client {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  upload(
    file: Uint8Array<ArrayBuffer>,
  ): Promise<{ readonly ID: string; readonly ParentStudy: string }>;
  bytes(path: string): Promise<Uint8Array>;
}

/** A job that is to survive. */
export interface Survivor {
  readonly name: string;
  /** Begins it, of sources of its own where it changes them. @returns its identifier */
  submit(client: Client): Promise<string>;
  /** Checks what came of it. */
  verify(client: Client, job: ShownJob): Promise<void>;
}

/** One job that was begun. */
interface Run {
  readonly survivor: Survivor;
  readonly id: string;
  /** How often it was half done when the process was killed, and went on. */
  kills: number;
}

const KILLS = 2;
const POLL_MS = 5;

/**
 * Has each job killed twice with its process when it is half done, and go on in the next one to the right end. A job that
 * is over before it could be killed is begun once more, so that no timing matters.
 *
 * @returns how often the process was killed
 */
export async function killJobs(folder: string, survivors: readonly Survivor[]): Promise<number> {
  let server = await startServerProcess(folder);
  let deaths = 0;
  try {
    const client = clientOf(() => server);
    let runs = await begin(client, survivors);
    while (runs.length > 0) {
      const needy = runs.filter(({ kills }) => kills < KILLS);
      const seen = await jobsOf(client);
      const midway = needy.filter(({ id }) => isMidway(seen.get(id)!));
      if (isTimeToKill(midway, needy, seen)) {
        await end(server, "SIGKILL");
        deaths++;
        server = await startServerProcess(folder);
        runs = await goOn(client, runs, midway);
      } else {
        runs = await settle(client, runs, seen);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
    return deaths;
  } finally {
    await end(server, "SIGTERM");
  }
}

async function end({ process }: ServerProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  process.kill(signal);
  await process.status;
}

async function begin(client: Client, survivors: readonly Survivor[]): Promise<Run[]> {
  const runs: Run[] = [];
  for (const survivor of survivors) {
    runs.push({ survivor, id: await survivor.submit(client), kills: 0 });
  }
  return runs;
}

async function jobsOf(client: Client): Promise<ReadonlyMap<string, ShownJob>> {
  const jobs = await client.get<ShownJob[]>("/jobs?expand");
  return new Map(jobs.map((job) => [job.ID, job]));
}

/** Whether a job is half done. An archive, which is made in one go, is when it knows what it will hold. */
function isMidway({ State, Type, Progress, Content }: ShownJob): boolean {
  if (State !== "Running") return false;
  const isArchive = Type === "Archive" || Type === "Media";
  return Progress > 0 || (isArchive && Number(Content.InstancesCount) > 0);
}

/** As soon as all that need it are half done, or one will soon be over. */
function isTimeToKill(
  midway: readonly Run[],
  needy: readonly Run[],
  seen: ReadonlyMap<string, ShownJob>,
): boolean {
  if (midway.length === 0) return false;
  return midway.length === needy.length || midway.some(({ id }) => seen.get(id)!.Progress >= 50);
}

/** After a kill: what was over by then was not killed half done, and what an archive held is gone. */
async function goOn(client: Client, runs: readonly Run[], midway: readonly Run[]): Promise<Run[]> {
  const seen = await jobsOf(client);
  const left: Run[] = [];
  for (const run of runs) {
    const isOver = seen.get(run.id)?.State === "Success";
    if (midway.includes(run) && !isOver) run.kills++;
    if (isOver) left.push(...await begin(client, [run.survivor]));
    else left.push(run);
  }
  return left;
}

/** Checks what is over; what was not killed often enough is begun again. */
async function settle(
  client: Client,
  runs: readonly Run[],
  seen: ReadonlyMap<string, ShownJob>,
): Promise<Run[]> {
  const left: Run[] = [];
  for (const run of runs) {
    const job = seen.get(run.id);
    assert.ok(job, `${run.survivor.name}: the job is lost`);
    assert.notEqual(job.State, "Failure", `${run.survivor.name}: ${job.ErrorDescription}`);
    if (job.State !== "Success") left.push(run);
    else {
      await run.survivor.verify(client, job);
      if (run.kills < KILLS) left.push(...await begin(client, [run.survivor]));
    }
  }
  return left;
}

function clientOf(server: () => ServerProcess): Client {
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(server().url + path, init);
    if (response.ok) return response;
    throw new assert.AssertionError({
      message: `${path}: ${response.status} ${await response.text()}`,
    });
  };
  const post = (path: string, body: BodyInit) => ask(path, { method: "POST", body });
  return {
    get: async (path) => await (await ask(path)).json(),
    post: async (path, body) => await (await post(path, JSON.stringify(body))).json(),
    upload: async (file) => await (await post("/instances", file)).json(),
    bytes: async (path) => new Uint8Array(await (await ask(path)).arrayBuffer()),
  };
}
