import { fileURLToPath } from 'node:url';

/** Where emulators, their logs and the result of `npm run test:deploy` lie; not in the repository. */
export const CACHE = fileURLToPath(new URL('../../../.cache/', import.meta.url));
