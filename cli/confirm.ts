import { createInterface } from 'node:readline/promises';

/**
 * Asks somebody at a terminal whether to go on. Where nobody sits, in a script or a schedule, the command itself is the answer.
 *
 * @returns true to go on
 */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return true;
    process.stderr.write('Nothing was done.\n');
    return false;
  } finally {
    prompt.close();
  }
}
