import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { InvariantBrokenError } from '../errors.ts';
import type { Item } from './tables.ts';

/** Typed attributes of an item; undefined values are left out. @throws InvariantBrokenError naming an attribute that cannot be stored */
export function toAttributes(item: Item): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) attributes[name] = toAttribute(value, name);
  }
  return attributes;
}

/** JavaScript values of typed attributes; numbers become doubles. */
export function fromAttributes(attributes: Record<string, AttributeValue>): Item {
  const item: Item = {};
  for (const name in attributes) item[name] = fromAttribute(attributes[name] as AttributeValue, name);
  return item;
}

function toAttribute(value: unknown, name: string): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number' && Number.isFinite(value)) return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map((element) => toAttribute(element, name)) };
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return { M: toAttributes(value as Item) };
  }
  throw new InvariantBrokenError(
    `Attribute ${name}: holds a ${typeof value} that cannot be stored, expected text, finite number, boolean, null, array or map. ` +
      'Report this as a bug.',
  );
}

function fromAttribute(attribute: AttributeValue, name: string): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.L !== undefined) return attribute.L.map((element) => fromAttribute(element, name));
  if (attribute.M !== undefined) return fromAttributes(attribute.M);
  throw new InvariantBrokenError(
    `Attribute ${name}: holds ${Object.keys(attribute).join()}, expected S, N, BOOL, NULL, L or M. Report this as a bug.`,
  );
}
