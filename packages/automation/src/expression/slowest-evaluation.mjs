// Prints how long the worst of the hostile expressions take, after a build: `npm run slowest -w packages/automation`.
import { Budget } from "../../dist/expression/budget.js";
import { compileExpression } from "../../dist/expression/expression.js";
import { ExpressionError } from "../../dist/expression/expression-error.js";
import { hostileBodies, killers } from "../../dist/expression/hostile-corpus.js";

const scope = { b: hostileBodies() };
const measured = [];
for (const source of killers) {
  // Cold and warm alike: a worker meets both. Processor time, because the machine may do other work too.
  const rounds = [];
  let spent = 0;
  let ending = "";
  for (let round = 0; round < 5; round++) {
    const budget = new Budget();
    const start = process.cpuUsage();
    try {
      compileExpression(source, { names: ["b"] }).evaluate(scope, budget);
      ending = "value";
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      ending = error.code;
    }
    const used = process.cpuUsage(start);
    rounds.push((used.user + used.system) / 1000);
    spent = budget.spent;
  }
  rounds.sort((left, right) => left - right);
  const [worstMs, medianMs] = [rounds.at(-1), rounds[2]];
  measured.push({
    worstMs: Math.round(worstMs * 10) / 10,
    medianMs: Math.round(medianMs * 10) / 10,
    spent: Math.round(spent),
    nsPerUnit: Math.round((medianMs * 1e6) / Math.max(spent, 1)),
    ending,
    source: source.slice(0, 70),
  });
}
measured.sort((left, right) => right.medianMs - left.medianMs);
console.table(measured.slice(0, Number(process.argv[2] ?? 25)));
