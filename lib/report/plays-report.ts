import { LONG_GONE_PLAY, type Play, STAGE_PLAYS, WARNING_PLAYS } from '../lifecycle/plays.ts';
import { STAGES, STAGES_ZH, type Stage, WARNING_LEVELS, WARNING_LEVELS_ZH, type WarningLevel } from '../lifecycle/words.ts';

/** The plays that a night suggests, with the customers whom they are for; null where they were not counted. */
export interface PlaysReport {
  readonly stages: readonly {
    readonly stage: Stage;
    readonly zh: string;
    readonly customers: number | null;
    readonly play: Play;
  }[];
  readonly warnings: readonly {
    readonly level: WarningLevel;
    readonly zh: string;
    readonly customers: number | null;
    readonly play: Play;
  }[];
  /** For the churned who have been silent for `fromDays` or longer, in place of the play of their stage. */
  readonly longGone: { readonly fromDays: number; readonly play: Play };
}

/**
 * The plays of all stages and warning levels, in the order of `STAGES` and `WARNING_LEVELS`.
 *
 * @param counts customers by stage and by level, by the words; a word that is missing was not counted
 */
export function playsReport({
  stages,
  warnings,
  longGoneDays,
}: {
  stages: Readonly<Record<string, number>>;
  warnings: Readonly<Record<string, number>>;
  longGoneDays: number;
}): PlaysReport {
  return {
    stages: STAGES.map((stage) => ({
      stage,
      zh: STAGES_ZH[stage],
      customers: stages[stage] ?? null,
      play: STAGE_PLAYS[stage],
    })),
    warnings: WARNING_LEVELS.flatMap((level) =>
      level === 'none'
        ? []
        : [{ level, zh: WARNING_LEVELS_ZH[level], customers: warnings[level] ?? null, play: WARNING_PLAYS[level] }],
    ),
    longGone: { fromDays: longGoneDays, play: LONG_GONE_PLAY },
  };
}
