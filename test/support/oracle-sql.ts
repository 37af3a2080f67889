import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** What a run is judged by, per customer; days are `YYYY-MM-DD`, money is minor units. */
export interface OracleScore {
  readonly customer_id: string;
  readonly first_purchase_on: string | null;
  readonly last_purchase_on: string | null;
  readonly recency_days: number | null;
  readonly frequency: number;
  readonly monetary_minor: number;
  readonly x: number | null;
  readonly t_x_days: number | null;
  readonly tenure_days: number | null;
}

/** A file of the drops with the night from which its rows are known. */
export interface OracleFile {
  /** Path. */
  readonly path: string;
  readonly knownOn: string;
}

/** Nights for which a fact waits: an event of the future for its day, anything else for what it lacks. */
const FUTURE_NIGHTS = 2;
const PENDING_NIGHTS = 7;

const AMOUNT = String.raw`'^-?[0-9]+(\.[0-9]+)?$'`;
const INSTANT = String.raw`'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2})?$'`;
const DATE = `'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'`;

/**
 * Recency, frequency, monetary value, x, t_x and T again, from the raw files alone, in SQL: the rules of docs/data-contract.md and of
 * docs/architecture.md, Book, put down once more without a look at the code that they judge.
 *
 * Sales stand in one table with what refunds have left of them, refunds without original in another; a day is the sum of both. The
 * nights are gone through one by one for refunds, voids and what waits, since each takes what the one before has left.
 */
export class Oracle {
  readonly #db: DuckDBConnection;
  readonly #timeZone: string;

  private constructor(db: DuckDBConnection, timeZone: string) {
    this.#db = db;
    this.#timeZone = timeZone;
  }

  /** An oracle over the files of a shop with US dollars. */
  static async open(timeZone: string, files: readonly OracleFile[]): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    const db = await instance.connect();
    await db.run(`SET TimeZone = 'UTC'`);
    const oracle = new Oracle(db, timeZone);
    await oracle.#read(files);
    await oracle.#admitSales();
    return oracle;
  }

  close(): void {
    this.#db.closeSync();
  }

  /** Raw rows and those that pass the row rules. */
  async counts(): Promise<{ rows: number; accepted: number }> {
    const [counts] = await this.#ask(
      'SELECT (SELECT count(*) FROM raw)::INT AS rows, (SELECT count(*) FROM facts)::INT AS accepted',
    );
    return counts as { rows: number; accepted: number };
  }

  /** Goes through the nights from `from` to `to`; to be called night after night without a gap. */
  async nights(from: string, to: string): Promise<void> {
    for (let ms = Date.parse(from); ms <= Date.parse(to); ms += 86_400_000) {
      const night = new Date(ms).toISOString().slice(0, 10);
      // Sales need no night of their own: when each enters the book is known from the beginning.
      const [others] = await this.#ask(
        `SELECT (SELECT count(*) FROM pending)::INT + (SELECT count(*) FROM others WHERE known = DATE '${night}')::INT AS n`,
      );
      if (others?.['n'] !== 0) await this.#night(night);
    }
  }

  /** The scores of the night that was gone through last. */
  async scores(asOf: string): Promise<OracleScore[]> {
    const rows = await this.#ask(`
      WITH ${daysOf(asOf)}, standing AS (
        SELECT * FROM days WHERE sales > 0 AND (refunded = 0 OR gross - refunded > 0)
      ), buyers AS (
        SELECT cust, min(day) AS first, max(day) AS last, count(*) AS n FROM standing GROUP BY cust
      ), money AS (SELECT cust, sum(gross - refunded) AS net FROM days GROUP BY cust)
      SELECT customers.name AS customer_id, first::VARCHAR AS first_purchase_on, last::VARCHAR AS last_purchase_on,
        (DATE '${asOf}' - last)::INT AS recency_days, coalesce(n, 0)::INT AS frequency,
        coalesce(net, 0)::DOUBLE AS monetary_minor, (n - 1)::INT AS x, (last - first)::INT AS t_x_days,
        (DATE '${asOf}' - first)::INT AS tenure_days
      FROM (SELECT DISTINCT cust FROM sales WHERE applied_on <= DATE '${asOf}') known
      JOIN customers USING (cust) LEFT JOIN buyers USING (cust) LEFT JOIN money USING (cust)`);
    return (rows as unknown as OracleScore[]).sort((a, b) =>
      Buffer.compare(Buffer.from(a.customer_id), Buffer.from(b.customer_id)),
    );
  }

  /** KPIs of the night that was gone through last, from the days of the book. */
  async figures(asOf: string): Promise<Record<string, number | null>> {
    const since = (days: number) => `DATE '${asOf}' - ${days}`;
    const within = (days: number) =>
      `count(*) FILTER (first <= ${since(days)})::INT AS due_${days},
       count(*) FILTER (first <= ${since(days)} AND second - first <= ${days})::INT AS bought_${days}`;
    const [figures] = await this.#ask(`
      WITH ${daysOf(asOf)}, standing AS (
        SELECT *, row_number() OVER (PARTITION BY cust ORDER BY day) AS turn FROM days
        WHERE sales > 0 AND (refunded = 0 OR gross - refunded > 0)
      ), buyers AS (
        SELECT cust, min(day) AS first, max(day) AS last, count(*) AS n, min(day) FILTER (turn = 2) AS second,
          bool_or(day > ${since(60)} AND day <= ${since(30)}) AS active, sum(gross - refunded) FILTER (turn > 1) AS repeats
        FROM standing GROUP BY cust
      ), money AS (
        SELECT net::DOUBLE AS net, greatest(net, 0)::DOUBLE AS paid, row_number() OVER (ORDER BY greatest(net, 0)) AS rank
        FROM (SELECT cust, sum(gross - refunded) AS net FROM days GROUP BY cust) JOIN buyers USING (cust)
      )
      SELECT count(*)::INT AS buyers, count(*) FILTER (n > 1)::INT AS repeat_buyers, coalesce(sum(repeats), 0)::DOUBLE AS repeat_minor,
        count(*) FILTER (active)::INT AS active, count(*) FILTER (active AND last > ${since(30)})::INT AS retained,
        quantile_disc(second - first, 0.5)::INT AS median_to_second, ${within(30)}, ${within(60)}, ${within(90)},
        (SELECT sum(net) FROM money) AS net_minor, (SELECT quantile_disc(net, 0.5) FROM money) AS median_minor,
        (SELECT quantile_disc(net, 0.9) FROM money) AS p90_minor,
        (SELECT sum((2 * rank - 1 - (SELECT count(*) FROM money)) * paid) / (count(*) * sum(paid)) FROM money) AS gini,
        (SELECT sum(paid) FILTER (rank > count_all - ceil(count_all / 10)) / sum(paid)
          FROM money, (SELECT count(*) AS count_all FROM money)) AS top_share
      FROM buyers`);
    return figures as Record<string, number | null>;
  }

  /** What was refused on the way, `reason -> facts`, and what waits. */
  async outcomes(): Promise<Record<string, number>> {
    const rows = await this.#ask(`
      SELECT reason, count(*)::INT AS n FROM (
        SELECT reason FROM expired UNION ALL SELECT 'pending' FROM pending
      ) GROUP BY reason`);
    return Object.fromEntries(rows.map(({ reason, n }) => [String(reason), Number(n)]));
  }

  /** Raw text to facts: the row rules, instants and business days. */
  async #read(files: readonly OracleFile[]): Promise<void> {
    await this.#db.run('CREATE TABLE files(path VARCHAR, known DATE)');
    const values = files.map(({ path, knownOn }) => `('${path}', DATE '${knownOn}')`);
    await this.#db.run(`INSERT INTO files VALUES ${values.join(',')}`);
    const list = files.map(({ path }) => `'${path}'`).join(',');
    await this.#db.run(`
      CREATE TABLE raw AS SELECT r.*, f.known FROM read_csv([${list}], header = true, all_varchar = true, delim = ',', quote = '"',
        escape = '"', filename = 'path', nullstr = '\u0001') r JOIN files f USING (path)`);
    await this.#db.run(`
      CREATE TABLE facts AS
      WITH typed AS (
        SELECT path, known, transaction_id AS id, customer_id AS cust, type, currency,
          CASE WHEN type = 'sale' THEN '' ELSE original_transaction_id END AS original, occurred_at,
          regexp_full_match(amount, ${AMOUNT}) AS is_number, amount,
          regexp_full_match(occurred_at, ${INSTANT}) AS is_instant, regexp_full_match(occurred_at, ${DATE}) AS is_date
        FROM raw
      ), money AS (
        SELECT *, try_cast(amount AS DECIMAL(30, 6)) * 100 AS minor FROM typed
        WHERE is_number AND (is_instant OR is_date) AND id <> '' AND cust <> '' AND currency = 'USD'
          AND type IN ('sale', 'refund', 'void') AND NOT (type = 'void' AND original = '')
      ), timed AS (
        SELECT *, try_cast(substr(occurred_at, 1, 10) AS DATE) AS written, try_cast(occurred_at AS TIMESTAMP) AS wall,
          CASE WHEN is_date THEN 'date' WHEN regexp_matches(occurred_at, '(Z|[+-][0-9]{2}:[0-9]{2})$') THEN 'absolute' ELSE 'local' END AS form
        FROM money WHERE minor >= 0 AND minor = floor(minor)
      ), placed AS (
        SELECT *, CASE form WHEN 'absolute' THEN occurred_at::TIMESTAMPTZ ELSE timezone('${this.#timeZone}', wall) END AS reading
        FROM timed WHERE written IS NOT NULL AND wall IS NOT NULL
      )
      SELECT path, known, id, cust, type, original, minor::BIGINT AS minor,
        -- Of the two readings of a local time in the doubled hour the earlier one holds.
        epoch_ms(CASE WHEN form = 'local' AND timezone('${this.#timeZone}', reading - INTERVAL 1 HOUR) = wall
          THEN reading - INTERVAL 1 HOUR ELSE reading END) AS instant,
        CASE form WHEN 'absolute' THEN timezone('${this.#timeZone}', reading)::DATE ELSE written END AS day
      FROM placed`);
    await this.#number();
    // Of an id the earliest night counts; two contents on that night put it into conflict for ever.
    await this.#db.run(`
      CREATE TABLE admitted AS
      SELECT c.* FROM contents c JOIN (SELECT id, min(known) AS known FROM contents GROUP BY id) USING (id, known)
      QUALIFY count(*) OVER (PARTITION BY c.id) = 1`);
  }

  /** Customers and ids become numbers, in byte order: an id's number is that of the customer and the id. */
  async #number(): Promise<void> {
    await this.#db.run(`CREATE TABLE customers AS SELECT cust AS name, row_number() OVER (ORDER BY cust)::INT AS cust
      FROM (SELECT DISTINCT cust FROM facts)`);
    await this.#db.run(`CREATE TABLE ids AS SELECT cust AS name, id AS text, row_number() OVER (ORDER BY cust, id)::INT AS id
      FROM (SELECT DISTINCT cust, id FROM facts)`);
    // original: 0 = none, -1 = an id that is never heard of.
    await this.#db.run(`
      CREATE TABLE contents AS
      SELECT DISTINCT c.cust, i.id, known, instant, minor, type, f.original AS original_text,
        CASE WHEN f.original = '' THEN 0 ELSE coalesce(o.id, -1) END AS original, day
      FROM facts f JOIN customers c ON c.name = f.cust JOIN ids i ON i.name = f.cust AND i.text = f.id
      LEFT JOIN ids o ON o.name = f.cust AND o.text = f.original`);
  }

  /** When each sale enters the book: on its day at the earliest. One that is too early is refused, and its copy may come later. */
  async #admitSales(): Promise<void> {
    await this.#db.run(`CREATE TABLE expired(cust INT, id INT, expired_on DATE, reason VARCHAR)`);
    await this.#db.run(`CREATE TABLE sales AS SELECT cust, id, day, minor, minor AS remaining, true AS stands, known AS applied_on
      FROM admitted WHERE false`);
    await this.#db.run(`CREATE TABLE waiting AS SELECT *, known AS tried FROM admitted WHERE type = 'sale'`);
    for (;;) {
      await this.#db.run(`INSERT INTO sales SELECT cust, id, day, minor, minor, true, greatest(day, tried) FROM waiting
        WHERE day <= tried + ${FUTURE_NIGHTS}`);
      await this.#db.run(`CREATE OR REPLACE TABLE early AS SELECT * FROM waiting WHERE day > tried + ${FUTURE_NIGHTS}`);
      await this.#db.run(`INSERT INTO expired SELECT cust, id, tried + ${FUTURE_NIGHTS}, 'FUTURE_EVENT' FROM early`);
      await this.#db.run(`
        CREATE OR REPLACE TABLE waiting AS
        SELECT e.* REPLACE (c.next AS tried) FROM early e JOIN (
          SELECT e.id, min(c.known) AS next FROM early e JOIN contents c
            ON c.id = e.id AND ${SAME('c', 'e')} AND c.known > e.tried + ${FUTURE_NIGHTS}
          GROUP BY e.id
        ) c USING (id)`);
      const [left] = await this.#ask('SELECT count(*)::INT AS n FROM waiting');
      if (left?.['n'] === 0) break;
    }
    await this.#db.run(`CREATE TABLE loose(cust INT, day DATE, minor BIGINT)`);
    await this.#db.run(`CREATE TABLE pending AS SELECT cust, id, instant, day, type, original, minor AS wanted, '' AS reason, 0 AS nights
      FROM admitted WHERE false`);
    // Copies of refunds and voids that come again once the first has been refused.
    await this.#db.run(`CREATE TABLE others AS SELECT c.*, a.id IS NOT NULL AND a.known = c.known AS is_first FROM contents c
      LEFT JOIN admitted a ON a.id = c.id WHERE c.type <> 'sale'`);
    await this.#db.run('CREATE TABLE refused_ids(id INT)');
  }

  async #night(night: string): Promise<void> {
    await this.#db.run(`
      CREATE OR REPLACE TABLE tonight AS
      WITH facts AS (
        SELECT cust, id, instant, day, type, original, wanted, reason, nights FROM pending
        UNION ALL
        SELECT cust, id, instant, day, type, original, minor, 'NEW', 0 FROM others o
        WHERE known = DATE '${night}' AND (is_first OR EXISTS (
          SELECT 1 FROM refused_ids r JOIN admitted a USING (id) WHERE a.id = o.id AND ${SAME('a', 'o')}))
      )
      SELECT *, row_number() OVER (PARTITION BY cust ORDER BY instant, id) AS turn FROM facts WHERE day <= DATE '${night}'
      UNION ALL SELECT *, 0 FROM facts WHERE day > DATE '${night}'`);
    await this.#db.run('DELETE FROM refused_ids r USING tonight t WHERE t.id = r.id');
    await this.#db.run("CREATE OR REPLACE TABLE failed AS SELECT *, 'FUTURE_EVENT' AS why FROM tonight WHERE turn = 0");
    const [most] = await this.#ask('SELECT coalesce(max(turn), 0)::INT AS n FROM tonight');
    for (let turn = 1; turn <= Number(most?.['n']); turn++) await this.#turn(night, turn);
    await this.#db.run(`
      CREATE OR REPLACE TABLE pending AS
      SELECT cust, id, instant, day, type, original, wanted, why AS reason,
        CASE WHEN why = 'FUTURE_EVENT' AND reason = 'NEW' THEN ${FUTURE_NIGHTS}
          WHEN reason = 'NEW' OR reason = 'FUTURE_EVENT' AND why <> 'FUTURE_EVENT' THEN ${PENDING_NIGHTS}
          ELSE nights - 1 END AS nights
      FROM failed`);
    await this.#db.run(`INSERT INTO expired SELECT cust, id, DATE '${night}', reason FROM pending WHERE nights = 0`);
    await this.#db.run('INSERT INTO refused_ids SELECT id FROM pending WHERE nights = 0');
    await this.#db.run('DELETE FROM pending WHERE nights = 0');
  }

  /** One refund or void of every customer. */
  async #turn(night: string, turn: number): Promise<void> {
    await this.#db.run(`
      CREATE OR REPLACE TABLE acts AS
      WITH acting AS (SELECT * FROM tonight WHERE turn = ${turn}),
      ${daysOf(night, 'AND cust IN (SELECT cust FROM acting WHERE original = 0)')},
      covering AS (
        SELECT a.cust, max(d.day) AS covered FROM acting a JOIN days d ON d.cust = a.cust AND d.day <= a.day
        WHERE a.original = 0 AND d.sales > 0 AND d.gross - d.refunded >= a.wanted GROUP BY a.cust
      )
      SELECT a.*, s.id AS sale, s.stands, covered, CASE WHEN a.original = 0 THEN 0 ELSE least(a.wanted, s.remaining) END AS taken
      FROM acting a LEFT JOIN sales s ON s.id = a.original AND s.applied_on <= DATE '${night}'
      LEFT JOIN covering ON covering.cust = a.cust`);
    await this.#db.run(`
      UPDATE sales SET remaining = CASE WHEN a.type = 'void' THEN 0 ELSE remaining - a.taken END, stands = sales.stands AND a.type <> 'void'
      FROM acts a WHERE a.sale IS NOT NULL AND sales.id = a.sale AND (a.type = 'refund' OR a.stands)`);
    await this.#db.run(`INSERT INTO loose SELECT cust, covered, wanted FROM acts WHERE original = 0 AND covered IS NOT NULL`);
    await this.#db.run(`
      INSERT INTO failed SELECT cust, id, instant, day, type, original, CASE WHEN type = 'void' OR sale IS NULL THEN wanted ELSE wanted - taken END, reason,
        nights, turn, CASE WHEN original = 0 THEN 'UNCOVERED_REFUND' WHEN sale IS NULL OR type = 'void' THEN 'ORPHAN' ELSE 'EXCESS_REFUND' END
      FROM acts WHERE CASE WHEN original = 0 THEN covered IS NULL WHEN type = 'void' THEN sale IS NULL OR NOT stands
        ELSE sale IS NULL OR wanted > taken END`);
  }

  async #ask(sql: string): Promise<Record<string, unknown>[]> {
    return (await this.#db.runAndReadAll(sql)).getRowObjectsJson();
  }
}

/** Two contents of one id are the same. */
const SAME = (a: string, b: string) =>
  ['instant', 'minor', 'type', 'original_text'].map((column) => `${a}.${column} = ${b}.${column}`).join(' AND ');

/** Every day of the book: what stands of its sales, and refunds. */
const daysOf = (night: string, where = '') => `days AS (
  SELECT cust, day, sum(sales)::BIGINT AS sales, sum(gross)::BIGINT AS gross, sum(refunded)::BIGINT AS refunded FROM (
    SELECT cust, day, stands::INT AS sales, CASE WHEN stands THEN minor ELSE 0 END AS gross,
      CASE WHEN stands THEN minor - remaining ELSE 0 END AS refunded
    FROM sales WHERE applied_on <= DATE '${night}' ${where}
    UNION ALL SELECT cust, day, 0, 0, minor FROM loose WHERE true ${where}
  ) GROUP BY cust, day)`;
