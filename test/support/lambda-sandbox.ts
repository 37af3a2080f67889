import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What Lambda answers: what the handler answered, or the error in the form of the runtime. */
export type Outcome =
  | { readonly answer: unknown }
  | { readonly error: { readonly errorType: string; readonly errorMessage: string } };

const CHILD = fileURLToPath(new URL('./lambda-child.ts', import.meta.url));

/** A process that runs one function, one call at a time, until it ends by itself or is ended. */
export class LambdaSandbox {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;

  /** @param env its whole environment, but for what Lambda sets */
  constructor(bundle: string, name: string, env: Readonly<Record<string, string>>) {
    this.#child = fork(CHILD, [bundle, name], {
      // Nothing of the test's own environment, above all no credentials.
      env: { ...env, PATH: process.env['PATH'], AWS_LAMBDA_FUNCTION_NAME: name },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#ready = Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]);
  }

  /** False when it can take no further call. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && !this.#child.killed;
  }

  /** Calls the function. The limit begins when the bundle is loaded, as on Lambda; one that reaches it is ended. */
  async invoke(event: unknown, limitMs: number): Promise<Outcome> {
    await this.#ready;
    const ends = new AbortController();
    const { signal } = ends;
    const answered = once(this.#child, 'message', { signal }).then(([outcome]) => outcome as Outcome);
    const ended = once(this.#child, 'exit', { signal }).then(([code, by]) => exited(code, by));
    const late = new Promise<Outcome>((resolve) => {
      const timer = setTimeout(() => resolve(this.#timedOut(limitMs)), limitMs);
      signal.addEventListener('abort', () => clearTimeout(timer));
    });
    // Those that lose are given up below.
    for (const loser of [answered, ended]) loser.catch(() => undefined);
    if (this.isAlive) this.#child.send({ event, limitMs });
    const outcome = await Promise.race([answered, ended, late]);
    ends.abort();
    return outcome;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  #timedOut(limitMs: number): Outcome {
    this.end();
    const errorMessage = `RequestId: 1 Error: Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
    return { error: { errorType: 'Sandbox.Timedout', errorMessage } };
  }
}

/** What Lambda answers for a process that ended: out of memory is `signal: killed`. */
function exited(code: number | null, by: NodeJS.Signals | null): Outcome {
  const how = by === 'SIGKILL' ? 'signal: killed' : `exit status ${code ?? by}`;
  return { error: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: 1 Error: Runtime exited with error: ${how}` } };
}
