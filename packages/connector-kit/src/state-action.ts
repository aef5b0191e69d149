import type { z } from "zod";
import type { Effect, StateAction } from "./action.ts";
import { exampleOf } from "./example.ts";
import { parseInput } from "./input-fault.ts";
import type { StateOperation } from "./state-operation.ts";

export type StateActionSpec<Input extends z.ZodObject, Output extends z.ZodObject> = {
  title: string;
  summary: string;
  effect: Effect;
  input: Input;
  output: Output;
  example: { input: z.input<Input>; output: z.input<Output> };
  operation: (input: z.output<Input>) => StateOperation;
};

/** An effect of Millrace's own: exactly once, because it commits with the step's record. So it has no `run`. */
export function stateAction<Input extends z.ZodObject, Output extends z.ZodObject>(
  spec: StateActionSpec<Input, Output>,
): StateAction {
  const { title, summary, effect, input, output, example } = spec;
  return {
    kind: "state",
    title,
    summary,
    effect,
    input,
    output,
    example: exampleOf(example),
    operation: (given) => spec.operation(parseInput(input, given)),
  };
}
