import { describe, expect, it } from 'vitest';
import { MemoryStore, storeOf } from '../../support/memory-store.ts';
import { MemoryTable } from '../../support/memory-table.ts';
import { holds } from '../../support/table-condition.ts';
import { describeObjectStore, LIGHT } from './object-store-contract.ts';
import { describeTable } from './table-contract.ts';

/** What tests run whole nights on must behave as what nights run on. */
describeObjectStore('memory', LIGHT, async () => new MemoryStore('memory:lake'));
describeObjectStore('a folder in memory', LIGHT, async () => storeOf([new MemoryStore('memory:lake')], 'memory:lake/drops/a'));

describeTable('in memory', {
  profiles: new MemoryTable('profiles'),
  transitions: new MemoryTable('transitions'),
  runs: new MemoryTable('runs'),
});

describe('holds', () => {
  it.each([
    ['a = :one AND b = :two', { a: 1, b: 2 }, true],
    ['a = :one AND b = :two', { a: 1 }, false],
    ['a = :two OR a = :one AND NOT b = :two', { a: 1, b: 3 }, true],
    ['(a = :two OR a = :one) AND b <> :two', { a: 1, b: 2 }, false],
    ['attribute_exists(a) AND attribute_not_exists(b)', { a: 0 }, true],
    ['a < :two', { a: '1' }, false],
    ['a >= :one', undefined, false],
  ] as const)('%s of %j: %s', (expression, item, expected) => {
    expect(holds({ expression, values: { ':one': 1, ':two': 2 } }, item)).toBe(expected);
  });

  it.each(['size(a) > :one', 'a BETWEEN :one AND :two', 'a', 'a = :none', '#a = :one', 'a = :one b'])(
    'refuses %s',
    (expression) => {
      expect(() => holds({ expression, values: { ':one': 1, ':two': 2 } }, { a: 1 })).toThrow('Condition');
    },
  );
});
