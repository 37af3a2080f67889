import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundlePath } from './bundles.ts';
import { LambdaSandbox, type Outcome } from './lambda-sandbox.ts';

/** What the functions are. */
export interface ServedFunctions {
  /** Folder of `buildBundles`; the function's name is the step. */
  readonly folder: string;
  /** Their whole environment, but for the names that Lambda sets. */
  readonly env: Readonly<Record<string, string>>;
  /** Lambda's limit. */
  readonly limitMs: number;
}

/** A call that was answered. */
export interface LambdaCall {
  readonly step: string;
  readonly payload: unknown;
  /** Name of the error that was reported; '' after an answer. */
  readonly error: string;
}

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations/;

/** Processes of one function: more calls wait, for each takes 60 MB and a second of a core to start. */
const SANDBOXES = 2;

/** Processes of one function, and who waits for one. */
class Sandboxes {
  readonly #make: () => LambdaSandbox;
  readonly #all = new Set<LambdaSandbox>();
  #idle: LambdaSandbox[] = [];
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(make: () => LambdaSandbox) {
    this.#make = make;
  }

  async invoke(event: unknown, limitMs: number): Promise<Outcome> {
    while (this.#busy >= SANDBOXES) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    const sandbox = this.#idle.pop() ?? this.#make();
    this.#all.add(sandbox);
    try {
      return await sandbox.invoke(event, limitMs);
    } finally {
      if (sandbox.isAlive) this.#idle.push(sandbox);
      else this.#all.delete(sandbox);
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  end(): void {
    for (const sandbox of this.#all) sandbox.end();
    this.#idle = [];
  }
}

/** Lambda's Invoke over bundles in processes of their own, which are kept for the next call. */
export class LambdaEndpoint {
  /** Every call since `serve`, in the order of their ends. */
  calls: LambdaCall[] = [];
  readonly #server = createServer((request, response) => {
    this.#take(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  #byStep = new Map<string, Sandboxes>();
  #functions: ServedFunctions | undefined;

  /** Listens on a free port of 127.0.0.1. @returns the port */
  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Serves these functions from now on, in new processes. */
  serve(functions: ServedFunctions): void {
    this.#endAll();
    this.#functions = functions;
    this.calls = [];
  }

  async stop(): Promise<void> {
    this.#endAll();
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #endAll(): void {
    for (const sandboxes of this.#byStep.values()) sandboxes.end();
    this.#byStep = new Map();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arn = INVOKE.exec(request.url ?? '')?.[1];
    if (!arn || !this.#functions) {
      response.writeHead(404).end();
      return;
    }
    const step = decodeURIComponent(arn).split(':').at(-1) as string;
    const payload: unknown = JSON.parse((await text(request)) || '{}');
    const outcome = await this.#sandboxes(step, this.#functions).invoke(payload, this.#functions.limitMs);
    const error = 'error' in outcome ? outcome.error.errorType : '';
    this.calls.push({ step, payload, error });
    response.writeHead(200, { 'content-type': 'application/json', ...(error ? { 'x-amz-function-error': 'Unhandled' } : {}) });
    response.end(JSON.stringify('error' in outcome ? outcome.error : outcome.answer));
  }

  #sandboxes(step: string, { folder, env }: ServedFunctions): Sandboxes {
    const known = this.#byStep.get(step) ?? new Sandboxes(() => new LambdaSandbox(bundlePath(folder, step), step, env));
    this.#byStep.set(step, known);
    return known;
  }
}
