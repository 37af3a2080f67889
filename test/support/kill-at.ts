/**
 * Preloaded by a child process (`--import`): ends it with SIGKILL at one exact point, named by KILL_AT as JSON. Files are seen where
 * the file store makes them appear (`link`, `rename`), table operations where the SDK's client sends them, so that no product code
 * knows of this. Worker threads preload it too; each counts for itself.
 */

import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Where a process dies. */
export interface KillPoint {
  /** `link` a new object, `rename` a replaced one, `send` a table operation. */
  readonly on: 'link' | 'rename' | 'send';
  /** Regular expression over the path of the file; for `send` over `<command> <input as JSON>`, such as `PutItemCommand {"TableName":...}`. */
  readonly match: string;
  /** Which of the matches; 1 unless told. */
  readonly nth?: number;
  /** Before it happens, or when it has reached the disk or the table. */
  readonly when: 'before' | 'after';
}

type Call = (...args: never[]) => Promise<unknown>;

const { on, match, nth = 1, when }: KillPoint = JSON.parse(process.env['KILL_AT'] ?? '{}');
const pattern = new RegExp(match);
let seen = 0;

function mortal(call: Call, textOf: (...args: never[]) => string): Call {
  return async function (this: unknown, ...args) {
    const isHere = pattern.test(textOf(...args)) && ++seen === nth;
    if (isHere && when === 'before') await die();
    const answer = await call.apply(this, args);
    if (isHere) await die();
    return answer;
  };
}

/** Nothing runs between the signal and the end, not even what other promises wait for. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

if (on === 'link' || on === 'rename') {
  const calls = files as unknown as Record<typeof on, Call>;
  calls[on] = mortal(calls[on], (_, path: string) => path);
  syncBuiltinESMExports();
}
if (on === 'send') {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = DynamoDBClient.prototype as unknown as { send: Call };
  client.send = mortal(
    client.send,
    (command: { input: object }) => `${command.constructor.name} ${JSON.stringify(command.input)}`,
  );
}
