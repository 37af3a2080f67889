import { counted } from '../../lib/run/counted.ts';
import type { RebuildOutline } from '../../lib/run/rebuild/outline-rebuild.ts';
import { formatRange } from '../../lib/time.ts';

const NAMES = {
  timeZone: 'time zone',
  currency: 'base currency',
  mapping: 'mapping',
  shards: 'shards',
  scoring: 'scoring',
} as const;

/** What a rebuild would do. @param given the configuration in force, as it was given */
export function describeRebuild(outline: RebuildOutline, given: Readonly<Record<string, unknown>>): string {
  const { from, to, dates, generation, source, because, files, rows } = outline;
  const lines = [
    `Rebuild of ${formatRange(from, to)}: ${counted(dates, 'date')}, ${counted(files, 'file')}, ${counted(rows, 'row')}.`,
    `  generation   ${generation.before} → ${generation.now}; ${generation.before} stays`,
    `  changes      ${changesOf(outline).join('; ') || 'nothing: the same state is computed afresh'}`,
    source === 'ledger'
      ? '  made from    the ledger: the facts as they were taken'
      : `  made from    the drops, read again (${because.join(', ')})`,
    ...(source === 'drops' ? outline.dropsUrls.map((url) => `  read from    ${url} then`) : []),
    ...shardsAdvice(outline, given['shards']).map((advice) => `  note         ${advice}`),
  ];
  return `${lines.join('\n')}\n`;
}

function changesOf({ changes, bookSchema }: RebuildOutline): string[] {
  const texts = changes.map(({ name, before, now }) => (now === '' ? NAMES[name] : `${NAMES[name]} ${before} → ${now}`));
  const { before, now } = bookSchema;
  return before === now ? texts : [...texts, `schema of the book ${Number.isNaN(before) ? 'unknown' : before} → ${now}`];
}

/** What is to be written into a configuration that names another number of shards. */
function shardsAdvice({ shards }: RebuildOutline, told: unknown): string[] {
  if (typeof told !== 'number' || told === shards) return [];
  return [`the configuration says "shards": ${told}; set it to ${shards} before the next night, which is refused otherwise`];
}
