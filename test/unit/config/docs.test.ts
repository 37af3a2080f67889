import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { deployOptions } from '../../../infra/config.ts';
import { configSchema } from '../../../lib/config/config.ts';
import { parseConfig } from '../../../lib/config/load.ts';

const PAGE = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly default?: unknown;
}

interface Key {
  readonly path: string;
  /** Undefined when the key has none; sections and lists have those of their parts. */
  readonly default: unknown;
  readonly isLeaf: boolean;
}

/** Every key below a schema; the items of a list count as parts of the list. */
function keysOf(schema: JsonSchema, prefix = ''): Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const path = `${prefix}${name}`;
    const inner = part.items?.properties ? part.items : part;
    return [{ path, default: part.default, isLeaf: inner.properties === undefined }, ...keysOf(inner, `${path}.`)];
  });
}

const keysOfSchema = (schema: z.ZodType) => keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);

/** Rows `| key | default | meaning |` of the page by key. */
const ROWS = new Map(
  [...PAGE.matchAll(/^\| `([^`]+)` \| (.*?) \| (.*) \|$/gm)].map(([, path = '', shown = '', meaning = '']) => [
    path,
    { shown, meaning },
  ]),
);

/** A column of the mapping is documented in one row for all columns. */
function rowOf(path: string): { shown: string; meaning: string } | undefined {
  const column = /^(mapping\.\w+\.(?:columns|defaults))\.(\w+)$/.exec(path);
  if (!column) return ROWS.get(path);
  const row = ROWS.get(`${column[1]}.*`);
  return row?.meaning.includes(`\`${column[2]}\``) ? row : undefined;
}

const shownDefault = (shown: string): unknown =>
  shown === '-' ? undefined : JSON.parse(/^`(.*)`$/.exec(shown)?.[1] ?? `"${shown}"`);

describe('docs/configuration.md', () => {
  const keys = [...keysOfSchema(configSchema), ...keysOfSchema(deployOptions)];

  it('describes every key of the schemas', () => {
    expect(keys.length).toBeGreaterThan(80);
    expect(keys.map(({ path }) => path).filter((path) => rowOf(path) === undefined)).toEqual([]);
  });

  it('shows the default of every key', () => {
    const leaves = keys.filter(({ isLeaf }) => isLeaf);
    const shown = leaves.map(({ path }) => [path, shownDefault(rowOf(path)?.shown ?? '')]);
    expect(shown).toEqual(leaves.map((key) => [key.path, key.default]));
  });

  it('describes no key that the schema does not have', () => {
    const known = new Set(keys.map(({ path }) => path.replace(/^(mapping\.\w+\.(?:columns|defaults))\.\w+$/, '$1.*')));
    expect([...ROWS.keys()].filter((path) => !known.has(path))).toEqual([]);
  });

  it('has an example that is a configuration', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(PAGE) ?? [];
    expect(parseConfig(JSON.parse(example), 'example')).toMatchObject({ timeZone: 'Asia/Shanghai', shards: 4 });
  });
});

describe('docs/deploy.md', () => {
  it('has examples that are deploy options', () => {
    const page = readFileSync(new URL('../../../docs/deploy.md', import.meta.url), 'utf8');
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => deployOptions.parse(JSON.parse(text)));
    expect(examples.map(({ maxConcurrency }) => maxConcurrency)).toEqual([8, 8]);
    expect(parseConfig(examples[1]?.scoring, 'example')).toMatchObject({ currency: 'EUR' });
  });
});
