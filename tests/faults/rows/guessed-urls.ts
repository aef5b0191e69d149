import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { percentile } from "../findings.ts";
import { groupBy } from "../group-by.ts";
import { delay } from "../until.ts";
import type { World } from "../world.ts";

const forMs = 12_000;
/** So many at once that they alone fill what may be looked up at the same time. */
const connections = 400;
const guesses = 20_000;
/** Longer apart than anything is remembered for. */
const rareEveryS = 5;

/** Nothing tells a made-up URL from a real one before the database is asked, so whoever makes them up asks for as much as senders do. */
export const guessedUrls: Fault = {
  id: "H8",
  title: "a flood of made-up URLs beside senders who know theirs",
  layout: "split",
  isDirect: true,
  async inject(world, findings) {
    const [steady, rare] = [await world.newFlow("h8", { counts: false }), await world.newFlow("h8", { counts: false })];
    const load = { count: 100_000, connections: 10, resends: false };
    const senders = [
      world.send(steady, { ...load, ratePerS: 10 }),
      world.send(rare, { ...load, ratePerS: 1 / rareEveryS }),
    ];
    await delay(1_000);
    const guessing = world.producer.send({
      ...{ id: "h8-guesses/1", urls: guessedBy(world), count: 10_000_000, connections, resends: false },
    });
    await delay(forMs);
    for (const { stop } of [...senders, guessing]) stop();
    await Promise.all([...senders, guessing].map(({ done }) => done));

    const answers = groupBy(world.producer.attempts(guessing.id), ({ status }) => status);
    const shown = [...answers].map(([status, { length }]) => `${length} × ${status}`).join(", ");
    findings.note(`${connections} connections with made-up URLs for ${forMs / 1_000} s: ${shown}`);
    const odd = [...answers.keys()].filter((status) => status !== 404 && status !== 503);
    findings.must(odd.length === 0, `made-up URLs were answered with ${odd.join(", ")}; expected 404 or 503`);
    const attempts = senders.flatMap(({ id }) => world.producer.attempts(id));
    const refused = attempts.filter(({ status }) => status !== 202);
    findings.must(
      refused.length === 0,
      `${refused.length} of ${attempts.length} requests to real URLs were refused, such as ${refused[0]?.status} ${refused[0]?.error ?? ""}`,
    );
    findings.note(`${attempts.length} requests to real URLs, ${refused.length} refused`);
    const took = attempts.map(({ tookMs }) => tookMs);
    findings.within("slowest answer to a real URL", percentile(took, 1), 2_000);
    for (const flow of [steady, rare]) await check(world, flow, findings, { boundMs: 30_000 });
  },
};

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** URLs of the right form at every process that takes webhooks. */
function guessedBy({ random, ingresses }: World): string[] {
  const token = () => Array.from({ length: 43 }, () => letters[random.below(letters.length)]).join("");
  return Array.from({ length: guesses }, (_, index) => `${ingresses[index % ingresses.length]?.url}/hooks/${token()}`);
}
