/** The parts of a run of `test:deploy`, each with its time. */
export class Stages {
  readonly seconds: Record<string, number> = {};
  readonly #begin = performance.now();

  /** Runs a part and tells how long it took when it is done. @param tell what came of it */
  async run<T>(name: string, work: () => Promise<T>, tell: (result: T) => string = () => ''): Promise<T> {
    const begin = performance.now();
    let told = 'FAILED';
    try {
      const result = await work();
      told = tell(result);
      return result;
    } finally {
      const seconds = (performance.now() - begin) / 1000;
      this.seconds[name] = Math.round(seconds * 10) / 10;
      process.stdout.write(`${name.padEnd(12)}${seconds.toFixed(1).padStart(7)} s  ${told}\n`);
    }
  }

  /** Seconds since the start; stages may overlap. */
  get total(): number {
    return (performance.now() - this.#begin) / 1000;
  }
}
