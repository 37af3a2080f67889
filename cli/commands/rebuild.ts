import type { Command } from 'commander';
import { configInForce } from '../../lib/run/config-in-force.ts';
import type { RunRequest } from '../../lib/run/contracts.ts';
import { outlineRebuild } from '../../lib/run/rebuild/outline-rebuild.ts';
import { isConfirmed } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { dropsUrlOf, parseCount, snapshotsOption, withHome } from '../options.ts';
import { runAndTell, type TellOptions, withWorkers } from '../run-and-tell.ts';
import { describeRebuild } from '../views/rebuild.ts';

interface RebuildOptions extends TellOptions {
  readonly shards?: number;
  readonly fromDrops?: true;
  readonly data?: string;
  readonly snapshots: RunRequest['snapshots'];
  readonly yes?: true;
}

const HELP = `
What it does:
  Makes all state anew, from the first committed date to the last, in a generation of its own (lake/g=2, g=3, ...), and switches to
  it in one moment when everything is there. Until then, and when it fails, everybody sees the old one. The old generation stays;
  rollback goes back to it.

When it is needed:
  another number of shards         from the ledger: the facts as they were taken, dealt out anew
  changed scoring, for the past    from the ledger: as if today's rules had been in force from the first night
  another time zone or currency    from the drops: every file is read again, so all of them must still be there, unchanged
  another mapping, for the past    from the drops (without a rebuild a mapping holds from the next night on)
  Files that were not taken before are not taken now. Every file keeps the night on which it became known. Who was erased stays so.

Examples:
  npm run -s perennial -- rebuild --shards 16          (prints what it will do; at a terminal it asks first)
  npm run -s perennial -- rebuild                      after a change of perennial.config.json
  npm run -s perennial -- rebuild --from-drops --data drops/

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 held by a check.
`;

/** Adds `rebuild`. */
export function registerRebuild(program: Command, context: CliContext): void {
  const command = withHome(program.command('rebuild'))
    .summary('make all state anew, with other shards, time zone, currency or mapping')
    .description('Makes all state of the committed dates anew in a new generation and switches to it.')
    .option('--shards <n>', 'number of shards (default: as configured, else as it is)', parseCount)
    .option('--from-drops', 'read the drops again, also where the ledger would do')
    .option('--data <dir>', 'folder of the drops, where they lie elsewhere than they did')
    .addOption(snapshotsOption())
    .option('--yes', 'do not ask at a terminal');
  withWorkers(command)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: RebuildOptions) => rebuild(context, options));
}

async function rebuild(context: CliContext, options: RebuildOptions): Promise<void> {
  const { shards, fromDrops = false, data, snapshots } = options;
  const place = data === undefined ? {} : { dropsUrl: dropsUrlOf(data, options) };
  const home = await context.openHome(options);
  try {
    const outline = await outlineRebuild(home.deps, { shards, fromDrops });
    const { given } = await configInForce(home.deps);
    if (!options.json) process.stdout.write(`${describeRebuild(outline, given)}\n`);
  } finally {
    await home.close();
  }
  if (!options.yes && !(await isConfirmed('Rebuild?'))) return;
  const wish = { fromDrops, ...(shards === undefined ? {} : { shards }) };
  await runAndTell(context, { rebuild: wish, snapshots, ...place }, options, 'existing');
}
