/** How bad a finding is. */
export type Level = 'ok' | 'warning' | 'problem';

/** What one check of `doctor` found. */
export interface Finding {
  readonly level: Level;
  /** What was looked at. */
  readonly check: string;
  /** What was found, in one line. */
  readonly found: string;
  /** What to do next, a sentence; '' when there is nothing to do. */
  readonly next: string;
}

/** All is as it should be. */
export const ok = (check: string, found: string, next = ''): Finding => ({ level: 'ok', check, found, next });

/** Worth knowing; nights go on. */
export const warning = (check: string, found: string, next: string): Finding => ({ level: 'warning', check, found, next });

/** Something is broken, or nights do not go on. */
export const problem = (check: string, found: string, next: string): Finding => ({ level: 'problem', check, found, next });

/** Longest text of an error that a line shows. */
const SHOWN = 300;

/** A text in one line that fits a table. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 3)}...` : line;
}

/**
 * Does one check. Whatever it throws is a finding: doctor goes on in every broken state.
 *
 * @param next what to do when the check itself cannot be done; errors of ours end in advice of their own
 */
export async function examine(check: string, look: () => Promise<Finding>, next = ''): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    return problem(check, oneLine(message), next);
  }
}
