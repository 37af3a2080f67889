import type { Condition, Item } from '../../lib/store/tables.ts';

/** A truth of an item. */
type Test = (item: Item | undefined) => boolean;

const TOKEN = /\s*(<=|>=|<>|=|<|>|\(|\)|,|[#:]?[A-Za-z_][\w.]*)/y;

/** True when the condition holds for the item, undefined for a missing one. @throws Error for what this does not know */
export function holds(condition: Condition | undefined, item: Item | undefined): boolean {
  return !condition || new ConditionParser(condition).parse()(item);
}

/** The part of DynamoDB's condition expressions that is used: comparisons, the two existence functions, AND, OR, NOT, brackets. */
class ConditionParser {
  readonly #condition: Condition;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(condition: Condition) {
    this.#condition = condition;
    const { expression } = condition;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < expression.trimEnd().length) {
      const match = TOKEN.exec(expression);
      if (!match) throw new Error(`Condition ${expression}: not understood, expected DynamoDB's grammar.`);
      this.#tokens.push(match[1] as string);
    }
  }

  parse(): Test {
    const test = this.#or();
    if (this.#at < this.#tokens.length) throw this.#unknown();
    return test;
  }

  #or(): Test {
    const parts = [this.#and()];
    while (this.#take('OR')) parts.push(this.#and());
    return (item) => parts.some((part) => part(item));
  }

  #and(): Test {
    const parts = [this.#not()];
    while (this.#take('AND')) parts.push(this.#not());
    return (item) => parts.every((part) => part(item));
  }

  #not(): Test {
    if (this.#take('NOT')) {
      const inner = this.#not();
      return (item) => !inner(item);
    }
    if (this.#take('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    for (const [name, wanted] of [
      ['attribute_exists', true],
      ['attribute_not_exists', false],
    ] as const) {
      if (!this.#take(name)) continue;
      this.#expect('(');
      const attribute = this.#nameOf(this.#next());
      this.#expect(')');
      return (item) => (item?.[attribute] !== undefined) === wanted;
    }
    return this.#comparison();
  }

  #comparison(): Test {
    const [left, operator, right] = [this.#operand(), this.#next(), this.#operand()];
    const compare = COMPARE[operator];
    if (!compare) throw this.#unknown();
    return (item) => compare(left(item), right(item));
  }

  #operand(): (item: Item | undefined) => unknown {
    const token = this.#next();
    if (token.startsWith(':')) {
      const values = this.#condition.values ?? {};
      if (!(token in values)) throw new Error(`Condition ${this.#condition.expression}: no value ${token}.`);
      return () => values[token];
    }
    const name = this.#nameOf(token);
    return (item) => item?.[name];
  }

  #nameOf(token: string): string {
    if (!token.startsWith('#')) return token;
    const name = this.#condition.names?.[token];
    if (name === undefined) throw new Error(`Condition ${this.#condition.expression}: no name ${token}.`);
    return name;
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.#unknown();
    return token;
  }

  #take(word: string): boolean {
    if (this.#tokens[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  #expect(word: string): void {
    if (!this.#take(word)) throw this.#unknown();
  }

  #unknown(): Error {
    return new Error(`Condition ${this.#condition.expression}: not understood, expected what table-condition.ts knows.`);
  }
}

const ordered = (decide: (order: number) => boolean) => (a: unknown, b: unknown) => {
  if (typeof a === 'number' && typeof b === 'number') return decide(a - b);
  if (typeof a === 'string' && typeof b === 'string') return decide(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return false;
};

const COMPARE: Record<string, (a: unknown, b: unknown) => boolean> = {
  '=': (a, b) => a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b),
  '<>': (a, b) => a !== undefined && b !== undefined && JSON.stringify(a) !== JSON.stringify(b),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};
