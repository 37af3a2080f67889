import * as z from 'zod';
import { MAP_STEPS } from '../keys.ts';

/**
 * What passes between the steps: pointers and counts, never rows. The machine's paths (`infra/machine`) spell these names.
 */

const date = z.iso.date();
const key = z.string().min(1);

/** A run and the fencing number under which the caller acts for it. */
export const runRef = z.strictObject({ runId: key, runSeq: z.int().min(0) });

/** A run and the fencing number under which the caller acts for it. */
export type RunRef = z.infer<typeof runRef>;

/** What is asked of the machine. Without dates: the next night, as of `scheduledTime` where that is given. */
export const runRequest = z.strictObject({
  from: date.optional(),
  to: date.optional(),
  /** The scheduler's time, ISO 8601: `to` is the business day before it. */
  scheduledTime: z.string().optional(),
  /** Answer `wait` instead of failing when the drop is not there yet. */
  waitForDrop: z.boolean().default(false),
  /** Where the drops are read in place, instead of `drops/` in the lake. */
  dropsUrl: z.string().optional(),
  /** For which dates of a range scores are kept. */
  snapshots: z.enum(['last', 'weekly', 'all']).default('last'),
  /** Every committed date again, in a new generation (lib/run/rebuild). */
  rebuild: z.strictObject({ shards: z.int().min(1).max(1024).optional(), fromDrops: z.boolean().default(false) }).optional(),
  /** Goes on with a held run instead, these gates waived: all that failed when none is named. */
  approve: z.strictObject({ runId: key, waive: z.array(key).default([]), note: z.string().max(1000).default('') }).optional(),
});

/** What is asked of the machine, defaults filled. */
export type RunRequest = z.infer<typeof runRequest>;

/** Input of open-run. */
export const openTask = z.strictObject({
  request: runRequest,
  /** ARN of the Step Functions execution; '' on a laptop. */
  execution: z.string(),
});

/** Input of open-run. */
export type OpenTask = z.infer<typeof openTask>;

/** open-run's answer. */
export const opened = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('go'), run: runRef, from: date, to: date, resumed: z.boolean() }),
  z.strictObject({ decision: z.literal('done'), to: date, runId: key }),
  z.strictObject({ decision: z.literal('wait'), missing: z.string() }),
]);

/** open-run's answer. */
export type Opened = z.infer<typeof opened>;

/** Item of Map ingest-drop. */
export const batchTask = z.strictObject({ ...runRef.shape, batch: z.int().min(0) });

/** Item of Map ingest-drop. */
export type BatchTask = z.infer<typeof batchTask>;

/** Item of Maps fold-shard, score-shard and project-shard. */
export const shardTask = z.strictObject({ ...runRef.shape, shard: z.int().min(0) });

/** Item of Maps fold-shard, score-shard and project-shard. */
export type ShardTask = z.infer<typeof shardTask>;

/** Item of Map publish-segments. */
export const publicationTask = z.strictObject({ ...runRef.shape, segment: key, destination: key });

/** Item of Map publish-segments. */
export type PublicationTask = z.infer<typeof publicationTask>;

/** plan-run's answer: the items of every Map. */
export const planned = z.strictObject({
  batches: z.array(batchTask).max(200),
  shards: z.array(shardTask).max(1024),
  publications: z.array(publicationTask).max(1000),
});

/** plan-run's answer: the items of every Map. */
export type Planned = z.infer<typeof planned>;

/** Input of require-complete. */
export const completeTask = z.strictObject({ ...runRef.shape, step: z.enum(MAP_STEPS) });

/** Input of require-complete. */
export type CompleteTask = z.infer<typeof completeTask>;

/** What the machine tells fail-run: the run (`none`, 0 before one was opened) and what Step Functions caught. */
export const failTask = z.strictObject({
  run: runRef,
  /** ARN of the Step Functions execution; '' on a laptop. */
  execution: z.string(),
  error: z.object({ Error: z.string(), Cause: z.string().default('') }),
});

/** What the machine tells fail-run. */
export type FailTask = z.infer<typeof failTask>;

/**
 * What EventBridge tells fail-run of an execution that did not succeed: "Step Functions Execution Status Change", of which only
 * these fields are read. An execution that timed out has no error of its own.
 */
export const executionEvent = z.object({
  source: z.literal('aws.states'),
  detail: z.object({
    executionArn: key,
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
    /** How often somebody made the execution go on after its end: its ARN stays the same. */
    redriveCount: z.int().min(0).nullish(),
  }),
});

/** What EventBridge tells fail-run of an execution that did not succeed. */
export type ExecutionEvent = z.infer<typeof executionEvent>;

/** Input of fail-run: of the machine, or of EventBridge when the machine itself has died. */
export const failInput = z.union([failTask, executionEvent]);

/** fail-run's answer. */
export const failed = z.strictObject({ state: z.string(), name: z.string(), message: z.string() });

/** fail-run's answer. */
export type Failed = z.infer<typeof failed>;

/** Every other step's answer: named counts. */
export const counts = z.record(z.string(), z.number());

/** Named counts. */
export type Counts = z.infer<typeof counts>;
