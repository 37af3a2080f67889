import type { Step } from '../../lib/keys.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import type { ObjectStore } from '../../lib/store/objects.ts';
import type { Table } from '../../lib/store/tables.ts';
import type { STORE_METHODS, TABLE_METHODS } from './mortal-ports.ts';

/**
 * What IAM is asked when S3Store does this (`lib/store/s3-store.ts`). A write-once file whose key is taken is compared with
 * HeadObject, and `If-Match` asks for the right to read; both are s3:GetObject.
 */
const S3_ACTIONS: Readonly<Record<keyof typeof STORE_METHODS, readonly string[]>> = {
  get: ['s3:GetObject'],
  read: ['s3:GetObject'],
  stream: ['s3:GetObject'],
  readRange: ['s3:GetObject'],
  stat: ['s3:GetObject'],
  list: ['s3:ListBucket'],
  create: ['s3:PutObject', 's3:GetObject'],
  replace: ['s3:PutObject', 's3:GetObject'],
  rewrite: ['s3:PutObject', 's3:GetObject'],
  remove: ['s3:DeleteObject'],
};

/** As `S3_ACTIONS`, for DynamoTable. */
const DYNAMO_ACTIONS: Readonly<Record<keyof typeof TABLE_METHODS, readonly string[]>> = {
  get: ['dynamodb:GetItem'],
  query: ['dynamodb:Query'],
  scan: ['dynamodb:Scan'],
  put: ['dynamodb:PutItem'],
  update: ['dynamodb:UpdateItem'],
  remove: ['dynamodb:DeleteItem'],
  writeBatch: ['dynamodb:BatchWriteItem'],
};

/** Whose accesses are noted: the steps, and the watch over the deadline. */
type Recorded = Step | 'watch-night';

/** One question that AWS would have asked IAM. */
export interface Access {
  readonly step: Recorded;
  /** For example `s3:GetObject`. */
  readonly action: string;
  /** `lake/<key>`, `exports/<key>`, `drops/<key>` of drops in place, a bucket, table or key by its name, or `notices`. */
  readonly resource: string;
  /** What the conditions of a statement are about. */
  readonly context: Readonly<Record<string, string>>;
}

/** Ports that note every access with the step that made it. */
export class RightsRecorder {
  readonly #seen = new Map<string, Access>();
  #step: Recorded = 'open-run';

  /** The step that acts from now on. */
  enter(step: Recorded): void {
    this.#step = step;
    // Its handler renews the lease, as those of all steps with a run do; `runInMemory` leaves it out here.
    if (step === 'require-complete') this.#note('dynamodb:UpdateItem', 'runs');
  }

  /** Every access once. */
  get accesses(): Access[] {
    return [...this.#seen.values()];
  }

  /** These ports, noted. Every step has a lake of its own, so that none finds in memory what another one read. */
  wrap(deps: RunDeps): RunDeps {
    const lakes = new Map<Recorded, ObjectStore>();
    const lakeOf = (step: Recorded): ObjectStore => {
      const lake = lakes.get(step) ?? this.#store(deps.lake, 'lake');
      lakes.set(step, lake);
      return lake;
    };
    const stepOfNow = () => this.#step;
    return {
      ...deps,
      get lake() {
        return lakeOf(stepOfNow());
      },
      exports: this.#store(deps.exports, 'exports'),
      profiles: this.#table(deps.profiles),
      transitions: this.#table(deps.transitions),
      runs: this.#table(deps.runs),
      openStore: (url) => this.#store(deps.openStore(url), url.replace('memory:', '')),
      notifier: {
        notify: (subject, message) => {
          this.#note('sns:Publish', 'notices');
          this.#noteKey('kms:Decrypt', 'data-key', 'sns');
          this.#noteKey('kms:GenerateDataKey', 'data-key', 'sns');
          return deps.notifier.notify(subject, message);
        },
      },
    };
  }

  #note(action: string, resource: string, context: Access['context'] = {}): void {
    const access = { step: this.#step, action, resource, context };
    this.#seen.set(JSON.stringify(access), access);
  }

  #noteKey(action: string, key: string, service: string): void {
    this.#note(action, key, { 'kms:ViaService': service });
  }

  /** S3 opens and seals every object with its key. To join the parts of a large one it opens them. */
  #noteObject(action: string, key: string): void {
    this.#note(action, key);
    const encrypting = key.startsWith('drops/') ? 'drops-key' : key.startsWith('lake/pii/') ? 'pii-key' : 'data-key';
    this.#noteKey('kms:Decrypt', encrypting, 's3');
    if (action === 's3:PutObject') this.#noteKey('kms:GenerateDataKey', encrypting, 's3');
  }

  #store(store: ObjectStore, place: string): ObjectStore {
    const [bucket = ''] = place.split('/');
    const folder = place.slice(bucket.length + 1);
    return this.#port(store, S3_ACTIONS, (actions, key, answer) => {
      for (const action of actions) {
        const prefix = [folder, key].filter((part) => part !== '').join('/');
        if (action === 's3:ListBucket') this.#note(action, bucket, { 's3:prefix': prefix === '' ? '' : `${prefix}/` });
        else this.#noteObject(action, `${place}/${key}`);
      }
      // S3 says 404 only to who may list the bucket; the request for an object names no prefix.
      if (answer === 'missing') this.#note('s3:ListBucket', bucket);
    });
  }

  #table(table: Table): Table {
    return this.#port(table, DYNAMO_ACTIONS, (actions) => {
      for (const action of actions) this.#note(action, table.name);
    });
  }

  /** The port, its calls noted, and once more when an answer says that nothing was there. */
  #port<T extends object>(
    port: T,
    actionsOf: Readonly<Record<string, readonly string[]>>,
    note: (actions: readonly string[], key: string, answer?: 'missing') => void,
  ): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        const actions = actionsOf[String(name)];
        if (typeof value !== 'function' || !actions) return value;
        return (...args: readonly unknown[]) => {
          const key = typeof args[0] === 'string' ? args[0] : '';
          note(actions, key);
          const answer: unknown = Reflect.apply(value, target, args);
          if (!(answer instanceof Promise)) return answer;
          return answer.then((found: unknown) => {
            if (found === undefined && (name === 'get' || name === 'stat')) note([], key, 'missing');
            return found;
          });
        };
      },
    });
  }
}
