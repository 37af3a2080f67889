import type { Context } from 'aws-lambda';
import type { StepHandler } from '../../functions/_shared/handler-stack.ts';
import type { Step } from '../../lib/keys.ts';

/** A handler's answer or error, in a form that passes between threads. */
export type StepOutcome =
  | { readonly answer: unknown }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string } };

const handlers = new Map<Step, Promise<{ handler: StepHandler }>>();

/** Calls the handler of a step in this thread, as Lambda would. */
export async function callStep(step: Step, payload: unknown): Promise<StepOutcome> {
  let loading = handlers.get(step);
  if (!loading) {
    loading = import(`../../functions/${step}/handler.ts`) as Promise<{ handler: StepHandler }>;
    handlers.set(step, loading);
  }
  try {
    const { handler } = await loading;
    return { answer: await handler(payload, { functionName: step } as Context) };
  } catch (error) {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, message, stack } };
  }
}
