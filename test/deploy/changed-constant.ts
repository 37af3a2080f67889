import { registerHooks } from 'node:module';

/**
 * Loaded before everything else (`--import`) this changes one constant of a scoring kernel in its process: a year of 366.25 days in
 * the discounting of predicted value. `test:deploy` runs one side with it and must then find a difference.
 */
const FILE = '/lib/clv/predict/discounting.ts';
const CONSTANT = 'const DAYS_PER_YEAR = 365.25;';
const CHANGED = 'const DAYS_PER_YEAR = 366.25;';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(FILE)) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    if (source.split(CONSTANT).length !== 2) {
      throw new Error(
        `${FILE}: expected ${JSON.stringify(CONSTANT)} once. Name another constant in test/deploy/changed-constant.ts.`,
      );
    }
    return { ...loaded, source: source.replace(CONSTANT, CHANGED) };
  },
});
