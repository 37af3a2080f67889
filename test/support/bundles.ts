import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { HANDLER_BUILD, handlerEntry } from '../../infra/constructs/bundling.ts';
import { STEPS, type Step } from '../../lib/keys.ts';

/** Folder of the project's test support, where modules for `played` lie. */
const SUPPORT = fileURLToPath(new URL('./', import.meta.url));

/** The bundle of a step in a folder of bundles. */
export const bundlePath = (folder: string, step: string): string => join(folder, step, 'index.cjs');

/** Bundles handlers as they are deployed, two at a time. @param plugins what a test exchanges */
export async function buildBundles(folder: string, steps: readonly Step[] = STEPS, plugins: Plugin[] = []): Promise<void> {
  const left = [...steps];
  const take = async () => {
    for (let step = left.shift(); step; step = left.shift()) {
      await build({
        ...HANDLER_BUILD,
        mainFields: [...HANDLER_BUILD.mainFields],
        entryPoints: [handlerEntry(step)],
        outfile: bundlePath(folder, step),
        plugins,
      });
    }
  };
  await Promise.all([take(), take()]);
}

/** Modules of `test/support` that stand between the handler stack and what it works with. */
export interface Played {
  /** Exports `play(step, real)`: the use case of a step, which may call the real one. */
  readonly steps: string;
  /** Exports `openDeps`: what the use cases reach the world through. */
  readonly deps?: string;
}

/** Puts a test's module in the place of every use case; the handler stack, the errors and the minification stay. */
export function playedBy({ steps, deps }: Played): Plugin {
  const useCase = new RegExp(`/lib/run/(${STEPS.join('|')})\\.ts$`);
  return {
    name: 'played-steps',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /\?real$/ }, ({ path }) => ({ path: path.replace(/\?real$/, ''), suffix: '?real' }));
      onLoad({ filter: useCase }, ({ path, suffix }) => {
        if (suffix === '?real') return undefined;
        const step = (useCase.exec(path) as RegExpExecArray)[1] as Step;
        const name = step.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
        const real = JSON.stringify(`${path}?real`);
        const contents = `export * from ${real}; import { ${name} as real } from ${real};
          import { play } from ${JSON.stringify(SUPPORT + steps)}; export const ${name} = play(${JSON.stringify(step)}, real);`;
        return { contents, loader: 'ts', resolveDir: SUPPORT };
      });
      if (deps) {
        const contents = `export { openDeps } from ${JSON.stringify(SUPPORT + deps)};`;
        onLoad({ filter: /\/lib\/run\/open-deps\.ts$/ }, () => ({ contents, loader: 'ts', resolveDir: SUPPORT }));
      }
    },
  };
}
