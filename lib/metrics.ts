/**
 * The metrics of the pipeline: what functions emit, and alarms and the dashboard read. Imported by functions and by infra, so it
 * imports nothing.
 *
 * Namespace `Perennial`, one dimension `pipeline`. A step is no dimension on purpose: CloudWatch bills each distinct set of name and
 * dimensions, so these names are all that one pipeline costs (the count of `METRICS` a month, however many steps and nights).
 */

/** CloudWatch namespace of every metric. Functions get it as POWERTOOLS_METRICS_NAMESPACE. */
export const METRIC_NAMESPACE = 'Perennial';

/** The one dimension; its value is PIPELINE_NAME. */
export const METRIC_DIMENSION = 'pipeline';

/** Name -> its CloudWatch unit, the step that emits it, and what it means. */
export const METRICS = {
  RunOpened: { unit: 'Count', from: 'open-run', meaning: '1 when a run was opened or gone on with' },
  RunClosed: { unit: 'Count', from: 'close-run', meaning: '1 when a run was committed and closed' },
  RunHeld: { unit: 'Count', from: 'fail-run, close-run', meaning: '1 when a run waits for an approval, 0 when a run was closed' },
  RunFailed: {
    unit: 'Count',
    from: 'fail-run, close-run',
    meaning: '1 when a run failed, 0 when a run was closed; a superseded run is no failure',
  },
  DropLateMinutes: {
    unit: 'Count',
    from: 'open-run',
    meaning: 'minutes since the scheduled time while the drop is not complete',
  },
  QuarantineShare: {
    unit: 'None',
    from: 'close-run, verify-run',
    meaning: '0 to 1: unreadable rows over the rows read, of a run that was closed, held or refused',
  },
  NightOverdue: { unit: 'Count', from: 'watch-night', meaning: '1 when the night has no run at its deadline, else 0' },
  TimeLimitShare: {
    unit: 'None',
    from: 'every step',
    meaning: '0 to 1: duration of an invocation over the limit of its function',
  },
  ThrottledWrites: {
    unit: 'Count',
    from: 'every step',
    meaning: '1 when an invocation gave up with ThrottledWriteError; Step Functions tries again',
  },
  RowsRead: { unit: 'Count', from: 'close-run', meaning: 'rows of the drops of a run, quarantined ones included' },
  Customers: { unit: 'Count', from: 'close-run', meaning: 'customers scored on the last night of a run' },
  ProfilesWritten: { unit: 'Count', from: 'close-run', meaning: 'profiles written to DynamoDB by a run' },
  Transitions: { unit: 'Count', from: 'close-run', meaning: 'stage changes of a run, all nights' },
} as const;

/** Name of a metric. */
export type MetricName = keyof typeof METRICS;
