/**
 * Runs commands (second argument: JSON, the arguments of each) one after another on the home of the first argument, in this
 * process, and prints how each ended as JSON.
 */

import { runCommands } from './session.ts';

const [dir = '', commands = '[]'] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await runCommands(dir, JSON.parse(commands) as string[][])));
