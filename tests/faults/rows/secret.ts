import { listEndpoints } from "@millrace/contract";
import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Flow } from "../flow.ts";
import { disguises, findTexts } from "../secrets.ts";
import { delay } from "../until.ts";
import type { World } from "../world.ts";

/** The last row, over everything that the ones before left behind: I6. */
export const secretNowhere: Fault = {
  id: "I6",
  title: "the credential that every call used is nowhere",
  layout: "split",
  async inject(world, findings) {
    const live = collectEvents(world);
    const flow = await world.newFlow("i6", { attempts: 1 });
    const load = { count: 5, connections: 5, resends: true };
    await world.send(flow, load).done;
    await check(world, flow, findings, { boundMs: 30_000 });
    // A service that repeats what it was told, in an answer and in a refusal.
    const echo = await world.newFlow("i6-echo", { attempts: 1 });
    for (const status of [200, 400]) {
      world.sink.setMode(echo.name, { kind: "echo", status });
      await world.send(echo, load).done;
      await check(world, echo, findings, { boundMs: 30_000, endings: ["succeeded", "failed"] });
    }
    await delay(500);
    const secret = disguises(world.canary);
    const told = new Map([
      ["live events", await live.end()],
      ...(await readApi(world, echo)),
      ...(await readApi(world, flow)),
    ]);
    const places = await findTexts(world, secret);
    for (const [path, text] of told) if (secret.some((one) => text.includes(one))) places.push(path);
    findings.must(places.length === 0, `found in ${places.join(", ")}`);
    // The search finds what is there.
    const [run] = await runsOf(world, flow);
    const id = run?.id ?? "no run";
    const seen = [
      ...(await findTexts(world, [id])),
      ...[...told].flatMap(([path, text]) => (text.includes(id) ? [path] : [])),
    ];
    findings.note(`searched ${told.size} answers of the API; a run's id stands in ${seen.length} places`);
    for (const [place, pattern] of expectedPlaces(world.backend)) {
      findings.must(
        seen.some((one) => pattern.test(one)),
        `the search does not see a run's id in ${place}`,
      );
    }
  },
};

function expectedPlaces(backend: World["backend"]): [string, RegExp][] {
  const everywhere: [string, RegExp][] = [
    ["the database", /^table public\.runs/],
    ["the API", /^\/api\/runs/],
    ["the live events", /^live events$/],
    ["the files of the harness", /acks|sink/],
  ];
  return backend === "redis" ? [...everywhere, ["Redis", /millrace-redis/]] : everywhere;
}

/** What every endpoint that only reads says about this flow. */
async function readApi(world: World, flow: Flow): Promise<[string, string][]> {
  const client = world.client();
  const { items: runs } = await client.runs.list({ automationId: flow.automationId, limit: 20 });
  const { items: deliveries } = await client.deliveries.list({ automationId: flow.automationId, limit: 20 });
  const { items: connections } = await client.connections.list();
  const ids: Record<string, readonly string[]> = {
    runId: runs.map(({ id }) => id),
    deliveryId: deliveries.map(({ id }) => id),
    connectionId: connections.map(({ id }) => id),
    automationId: [flow.automationId],
    connectorId: ["http"],
    number: ["1"],
    key: [`${flow.name}/count`],
  };
  const paths = listEndpoints()
    .filter(({ endpoint }) => endpoint.method === "get" && !endpoint.path.endsWith("/events"))
    .flatMap(({ endpoint }) => filled(endpoint.path, ids));
  return Promise.all(paths.map(async (path) => [path, await read(world, path)] as [string, string]));
}

/** A path with parameters, once for each value that the first of them has. */
function filled(path: string, ids: Readonly<Record<string, readonly string[]>>): string[] {
  const name = /:(\w+)/.exec(path)?.[1];
  if (name === undefined) return [`/api${path}`];
  const values = ids[name];
  if (!values) throw new Error(`The search for the secret knows no ${name} for GET ${path}; name one in readApi.`);
  return values.flatMap((value) => filled(path.replace(`:${name}`, encodeURIComponent(value)), ids));
}

const authorized = ({ apiKey }: World) => ({ headers: { authorization: `Bearer ${apiKey}` } });

async function read(world: World, path: string): Promise<string> {
  const answer = await fetch(world.ingresses[0].url + path, authorized(world));
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${path} was answered ${answer.status}: ${text.slice(0, 200)}`);
  return text;
}

/** The live view of the whole workspace, until `end`. */
function collectEvents(world: World): { end(): Promise<string> } {
  const leaving = new AbortController();
  let text = "";
  const reading = (async () => {
    const { signal } = leaving;
    const { body } = await fetch(`${world.ingresses[0].url}/api/events`, { ...authorized(world), signal });
    for await (const piece of body ?? []) text += Buffer.from(piece).toString();
  })().catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
  return {
    async end() {
      leaving.abort();
      await reading;
      return text;
    },
  };
}
