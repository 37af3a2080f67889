/** Opens the home named by the first argument, puts an item, says `held` and stays until it is killed. */

import { openHome } from '../../cli/local/home.ts';
import { openTable } from '../../lib/store/tables.ts';

const home = await openHome(process.argv[2] ?? '', { command: 'perennial run --to 2024-01-31' });
Object.assign(process.env, home.env);
await openTable('runs').put({ pk: 'kept', sk: '-' });
process.stdout.write('held\n');
setInterval(() => {}, 1000);
