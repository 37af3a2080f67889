import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before anything else is loaded: most of the time of a short command is Node compiling its modules.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/perennial/compiled', import.meta.url)));

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`| head`): nobody is left to be told.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const [{ runProgram }, { cliContext }] = await Promise.all([import('./program.ts'), import('./context.ts')]);
process.exitCode = await runProgram(process.argv.slice(2), cliContext);
