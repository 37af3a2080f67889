import type { RunDeps } from '../../lib/run/deps.ts';
import type { ObjectStore } from '../../lib/store/objects.ts';
import type { Table, Write } from '../../lib/store/tables.ts';
import { Crash } from './run-in-memory.ts';

type Kind = 'read' | 'write';

/** Every method of the ports; a new one does not compile before it is named here. */
export const STORE_METHODS = {
  get: 'read',
  read: 'read',
  stream: 'read',
  readRange: 'read',
  stat: 'read',
  list: 'read',
  create: 'write',
  replace: 'write',
  rewrite: 'write',
  remove: 'write',
} as const satisfies Record<Exclude<keyof ObjectStore, 'url'>, Kind>;

/** As `STORE_METHODS`. */
export const TABLE_METHODS = {
  get: 'read',
  query: 'read',
  scan: 'read',
  put: 'write',
  update: 'write',
  remove: 'write',
  writeBatch: 'write',
} as const satisfies Record<Exclude<keyof Table, 'name'>, Kind>;

/** Where a process dies. */
export interface Death {
  /** Which of its writes, from 1 on. */
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/**
 * The ports of a process that dies at one of its writes: from there on every call fails, so that nothing else is written by what
 * `catch`, `finally` or another promise would do. Without a death it only counts. The writes of a batch count one by one, as
 * DynamoDB takes them one by one.
 */
export class MortalPorts {
  /** What was written, `<where> <method> <what>`, in order. */
  readonly writes: string[] = [];
  readonly #death: Death | undefined;
  #isDead = false;

  constructor(death?: Death) {
    this.#death = death;
  }

  /** True when the death was reached. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** These ports, mortal. Reading the drops is no write, so the other stores stay as they are. */
  wrap(deps: RunDeps): RunDeps {
    const { openStore } = deps;
    return {
      ...deps,
      lake: this.#store(deps.lake, 'lake'),
      exports: this.#store(deps.exports, 'exports'),
      profiles: this.#table(deps.profiles),
      transitions: this.#table(deps.transitions),
      runs: this.#table(deps.runs),
      openStore: (url) => this.#store(openStore(url), url),
      notifier: { notify: (subject, text) => this.#write(`notify ${subject}`, () => deps.notifier.notify(subject, text)) },
    };
  }

  #store(store: ObjectStore, name: string): ObjectStore {
    return this.#port(store, STORE_METHODS, (method, [key]) => `${name} ${method} ${String(key)}`);
  }

  #table(table: Table): Table {
    const mortal = this.#port(table, TABLE_METHODS, (method, [item]) => `${table.name} ${method} ${keyText(item)}`);
    const writeBatch: Table['writeBatch'] = async (writes, options) => {
      let count = 0;
      for await (const write of writes) {
        count += await this.#write(`${table.name} batch ${keyText(itemOf(write))}`, () => table.writeBatch([write], options));
      }
      return count;
    };
    return new Proxy(mortal, { get: (port, name) => (name === 'writeBatch' ? writeBatch : Reflect.get(port, name)) });
  }

  #port<T extends object>(port: T, methods: Record<string, Kind>, tell: (method: string, args: unknown[]) => string): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const kind = methods[String(name)];
        if (!kind) throw new Error(`Port method ${String(name)}: not known to mortal-ports.ts, expected it in the lists there.`);
        const call = value.bind(target) as (...args: unknown[]) => unknown;
        if (kind === 'write') return (...args: unknown[]) => this.#write(tell(String(name), args), () => call(...args));
        return (...args: unknown[]) => {
          if (this.#isDead) throw new Crash('dead');
          return call(...args);
        };
      },
    });
  }

  async #write<T>(what: string, act: () => T | Promise<T>): Promise<T> {
    if (this.#isDead) throw new Crash(what);
    this.writes.push(what);
    const isHere = this.writes.length === this.#death?.nth;
    if (isHere && this.#death?.when === 'before') throw this.#die(what);
    const answer = await act();
    if (this.#isDead) throw new Crash(what);
    if (isHere) throw this.#die(what);
    return answer;
  }

  #die(what: string): Crash {
    this.#isDead = true;
    return new Crash(what);
  }
}

const itemOf = (write: Write) => ('put' in write ? write.put : write.remove);

function keyText(item: unknown): string {
  const { pk, sk, customer_id, happened } = item as Record<string, string | undefined>;
  return [pk, sk, customer_id, happened].filter((part) => part !== undefined).join(' ');
}
