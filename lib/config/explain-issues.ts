import type * as z from 'zod';

type Issue = z.core.$ZodIssue;

/** What zod calls kinds of values, in the words of JSON. */
const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'text',
};

/** Forms of text, as zod names them. */
const FORMATS: Readonly<Record<string, string>> = { date: 'a date YYYY-MM-DD' };

/** How zod's own messages begin: one that a schema gives says more than the code does. */
const OF_ZOD = /^(Invalid|Too (small|big))/;

/** What the size of a value counts. */
const UNITS: Readonly<Record<string, string>> = { array: 'items', string: 'characters' };

/** Longest value that a message shows. */
const SHOWN = 60;

/** Most letters by which a key may differ from the one that was meant. */
const CLOSE = 2;

/**
 * One line for all issues of a Zod error: `"path": observed, expected what; ...`.
 *
 * @param value   what was parsed
 * @param example a value that has every known key, to name the one that was meant
 */
export function explainIssues(error: z.ZodError, value: unknown, example?: unknown): string {
  return error.issues.map((issue) => explain(issue, valueAt(value, issue.path), valueAt(example, issue.path))).join('; ');
}

function explain(issue: Issue, value: unknown, example: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${named([...issue.path, key])}not known${meantKey(key, example)}`).join('; ');
  }
  const seen = OF_ZOD.test(issue.message) ? observed(issue, value) : undefined;
  return named(issue.path) + (seen ?? issue.message);
}

const named = (path: readonly PropertyKey[]) => (path.length === 0 ? '' : `"${path.map(String).join('.')}": `);

/** What was found and expected; undefined where zod's own message, or that of a check of ours, says it best. */
function observed(issue: Issue, value: unknown): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `${value === undefined ? 'missing' : `is ${kindOf(value)}`}, expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return sized(
        value,
        issue.origin,
        `${issue.exact ? 'exactly' : issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`,
      );
    case 'too_big':
      return sized(
        value,
        issue.origin,
        `${issue.exact ? 'exactly' : issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`,
      );
    case 'invalid_value': {
      const seen = value === undefined ? 'missing' : `is ${shown(value)}`;
      return `${seen}, expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((one) => JSON.stringify(one)).join(', ')}`;
    }
    case 'invalid_format': {
      const form = FORMATS[issue.format] ?? (issue.pattern === undefined ? issue.format : `text as ${issue.pattern}`);
      return `is ${shown(value)}, expected ${form}`;
    }
    default:
      return undefined;
  }
}

function sized(value: unknown, origin: string, limit: string): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `is ${String(value)}, expected ${limit}`;
  return `has ${(value as { length: number }).length} ${unit}, expected ${limit}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return KINDS[kind] ?? kind;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** `, expected a known key`, with the key that was meant where one is close. */
function meantKey(key: string, example: unknown): string {
  const known = example !== null && typeof example === 'object' ? Object.keys(example) : [];
  const near = known
    .map((name) => ({ name, distance: distance(name.toLowerCase(), key.toLowerCase()) }))
    .filter((one) => one.distance <= Math.min(CLOSE, key.length - 1))
    .sort((a, b) => a.distance - b.distance)[0];
  return near ? `, expected a known key (did you mean ${near.name}?)` : ', expected a known key';
}

/** Levenshtein's: letters put in, left out or exchanged. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const exchanged = (row[j] as number) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(exchanged, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
