import { describe, expect, it } from 'vitest';
import { NO_INT, type TableSpec } from '../../../lib/arrow/columns.ts';
import { BOOK_VERSION, CUSTOMERS, DAYS, INTERACTIONS, PENDING, RATES, TOMBSTONES } from '../../../lib/arrow/schemas.ts';
import { decodeTable, encodeTable } from '../../../lib/arrow/table-file.ts';
import { decodeBook } from '../../../lib/book/book-file.ts';
import { DAY_0, factTable, refund, sale, voidOf } from '../../support/facts.ts';
import { bookBytes, reread, TestShard } from '../../support/shard.ts';

const D = DAY_0;

/** A shard with days, refunds, free sales, empty days and facts of every reason that wait. */
function variedShard(): TestShard {
  const shard = new TestShard();
  shard.fold(D, [
    sale('1', 'zoe', D, 100),
    sale('2', 'ann', D - 40, 0),
    sale('3', 'ann', D, 5_000_000_000),
    sale('4', 'bob', D, 30),
    voidOf('5', 'bob', D, '4'),
    refund('6', 'zoe', D, 130, '1'),
    refund('7', 'zoe', D, 20, 'unknown'),
    refund('8', 'ann', D, 9_000_000_000),
    sale('9', 'cid', D + 1, 70),
  ]);
  return shard;
}

describe('encodeBook and decodeBook', () => {
  it('read back what was written, to the byte', () => {
    const { book } = variedShard();
    const again = reread(book);
    expect(bookBytes(again)).toEqual(bookBytes(book));
    expect(
      again.pending.map(({ reason, nightsLeft, amountMinor, knownOn }) => [reason, nightsLeft, amountMinor, knownOn]),
    ).toEqual(book.pending.map(({ reason, nightsLeft, amountMinor, knownOn }) => [reason, nightsLeft, amountMinor, knownOn]));
    expect(again.pending.map(({ reason }) => reason).sort()).toEqual([
      'EXCESS_REFUND',
      'FUTURE_EVENT',
      'ORPHAN',
      'UNCOVERED_REFUND',
    ]);
  });

  it('read an empty book', () => {
    const again = reread(new TestShard().book);
    expect([again.size, again.dayCount, again.pending.length]).toEqual([0, 0, 0]);
    const shard = new TestShard();
    shard.book = again;
    shard.fold(D, [sale('a', 'ann', D, 1)]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 1, 0] });
  });

  it('order customers by the bytes of their ids, whatever the order of arrival', () => {
    const facts = ['b', 'a', 'Z', '\u{10000}', '\uFFFD', 'ab'].map((customer, i) => sale('t', customer, D, i));
    const [forth, back] = [new TestShard(), new TestShard()];
    forth.fold(D, facts);
    back.fold(D, facts.toReversed());
    expect(bookBytes(forth.book)).toEqual(bookBytes(back.book));
    const again = reread(forth.book);
    const ids = again.ids.column;
    const texts = Array.from({ length: again.size }, (_, i) =>
      Buffer.from(ids.bytes.subarray(ids.offsets[i], ids.offsets[i + 1])).toString(),
    );
    expect(texts).toEqual(['Z', 'a', 'ab', 'b', '\uFFFD', '\u{10000}']);
  });

  it('keep what the customers feed told', () => {
    const { book } = variedShard();
    const slot = 1;
    book.customers.signedUpDay[slot] = D - 3;
    book.customers.country[slot] = book.countryCode('ÖZ');
    book.customers.consentEmail[slot] = 1;
    book.customers.consentSms[slot] = 0;
    const again = reread(book);
    const id = book.ids.column.bytes.subarray(book.ids.column.offsets[slot], book.ids.column.offsets[slot + 1]);
    const found = again.ids.find(id, 0, id.length);
    expect([again.customers.signedUpDay[found], again.countryOf(found)]).toEqual([D - 3, 'ÖZ']);
    const others = Array.from({ length: again.size }, (_, other) => other).filter((other) => other !== found);
    expect(others.map((other) => [again.customers.signedUpDay[other], again.countryOf(other)])).toEqual(
      others.map(() => [NO_INT, '']),
    );
    expect([again.customers.consentEmail[found], again.customers.consentSms[found], again.customers.consentAds[found]]).toEqual([
      1, 0, 255,
    ]);
  });

  it('go on from the files as from memory', () => {
    const [kept, stored] = [variedShard(), variedShard()];
    for (let night = D + 1; night <= D + 9; night++) {
      const facts = [
        sale(`n${night}`, 'zoe', night, 500),
        sale('1', 'zoe', D, 100),
        refund(`r${night}`, 'ann', night, 1_000_000_000, '3'),
        ...(night === D + 4 ? [sale('unknown', 'zoe', D - 1, 60), sale('new', 'eve', night, 1)] : []),
        ...(night === D + 5 ? [voidOf('v', 'zoe', night, `n${D + 1}`)] : []),
      ];
      stored.saveAndLoad([factTable(facts)]);
      expect(stored.fold(night, facts).counts).toEqual(kept.fold(night, facts).counts);
      expect(bookBytes(stored.book)).toEqual(bookBytes(kept.book));
    }
    expect(stored.refused).toEqual(kept.refused);
    expect(kept.counts.duplicates).toBe(9);
  });

  it('read a book of version 2, which did not know of referrals', () => {
    const shard = variedShard();
    shard.fold(D + 1, [{ ...sale('10', 'dan', D, 40), referrer: 'ann' }, sale('11', 'dan', D + 1, 40)]);
    const { book } = shard;
    expect([book.customers.referredOn[shard.slot('dan')], book.customers.referredOn[shard.slot('ann')]]).toEqual([D, NO_INT]);
    const bytes = bookBytes(book);
    const { referred_on: _referred, ...customersBefore } = CUSTOMERS;
    const asVersion2 = <S extends TableSpec>(spec: S, table: Uint8Array) => {
      const { rows, columns } = decodeTable(spec, table, 'table', BOOK_VERSION);
      return new Uint8Array(Buffer.concat(encodeTable(spec, { rows, columns, schemaVersion: 2 })));
    };
    const files = {
      customers: asVersion2(customersBefore, bytes.customers),
      days: asVersion2(DAYS, bytes.days),
      pending: asVersion2(PENDING, bytes.pending),
      interactions: asVersion2(INTERACTIONS, bytes.interactions),
      rates: asVersion2(RATES, bytes.rates),
      tombstones: asVersion2(TOMBSTONES, bytes.tombstones),
    };
    const again = decodeBook(files, 'book', book.rules);
    expect(again.customers.referredOn.subarray(0, again.size).every((day) => day === NO_INT)).toBe(true);
    for (let slot = 0; slot < again.size; slot++)
      again.customers.referredOn[slot] = book.customers.referredOn[book.order()[slot] as number] as number;
    expect(bookBytes(again)).toEqual(bytes);
  });

  it('fill what is not stored from the days, as the fold does', () => {
    const shard = variedShard();
    shard.fold(D + 9, [
      sale('20', 'ann', D + 9, 5),
      sale('21', 'zoe', D + 3, 5),
      sale('22', 'zoe', D + 8, 5),
      refund('23', 'zoe', D + 9, 2, '22'),
    ]);
    const { book } = shard;
    const again = reread(book);
    for (const column of ['lastGap', 'gapBefore', 'lastRefundedDay', 'secondDay'] as const) {
      const kept = Array.from(book.order(), (slot) => book.customers[column][slot]);
      expect([column, [...again.customers[column].subarray(0, again.size)]]).toEqual([column, kept]);
    }
  });
});
