/** The part of dynalite 4 that is used here; it comes without types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** Folder of the LevelDB database; in memory without it. */
    readonly path?: string;
    /** Milliseconds for which a new table is CREATING. */
    readonly createTableMs?: number;
  }

  /** A server that speaks DynamoDB's protocol; `close` also closes the database. */
  export default function dynalite(options?: Options): Server;
}
