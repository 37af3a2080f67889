import { createRequire } from 'node:module';

/**
 * The process in which a bundle runs, as a sandbox of Lambda does: one call at a time. Arguments: the bundle, the name of the
 * function. Calls and answers go through the channel of `fork`.
 */

interface Call {
  readonly event: unknown;
  readonly limitMs: number;
}

const [bundle = '', functionName = ''] = process.argv.slice(2);
const { handler } = createRequire(import.meta.url)(bundle) as { handler: (event: unknown, context: object) => Promise<unknown> };

async function take({ event, limitMs }: Call): Promise<unknown> {
  const end = Date.now() + limitMs;
  try {
    const answer = await handler(event, { functionName, getRemainingTimeInMillis: () => end - Date.now() });
    return { answer: answer ?? null };
  } catch (error) {
    return { error: rapidResponse(error) };
  }
}

process.on('message', (call: Call) => void take(call).then((outcome) => process.send?.(outcome)));
process.send?.('ready');

/** As aws-lambda-nodejs-runtime-interface-client reports errors (its src/Errors.js, toRapidResponse). */
function rapidResponse(error: unknown): object {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}
