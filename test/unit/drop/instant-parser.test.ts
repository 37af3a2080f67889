import { describe, expect, it } from 'vitest';
import type { DateFormat } from '../../../lib/config/mapping.ts';
import { BusinessDays } from '../../../lib/drop/business-days.ts';
import { InstantParser } from '../../../lib/drop/instant-parser.ts';
import { businessClock, formatDay } from '../../../lib/time.ts';

function read(text: string, { formats = ['iso'], timeZone = 'UTC' }: { formats?: DateFormat[]; timeZone?: string } = {}) {
  const parser = new InstantParser(formats, businessClock(timeZone));
  const bytes = Buffer.from(`##${text}##`);
  const issue = parser.parse(bytes, 2, bytes.length - 2);
  return issue ?? `${formatDay(parser.day)} ${new Date(parser.instantMs).toISOString()} ${parser.form}`;
}

describe('InstantParser', () => {
  it.each([
    ['2024-03-05T14:30:00Z', '2024-03-05 2024-03-05T14:30:00.000Z instant'],
    ['2024-03-05T14:30Z', '2024-03-05 2024-03-05T14:30:00.000Z instant'],
    ['2024-03-05T14:30:00+08:00', '2024-03-05 2024-03-05T06:30:00.000Z instant'],
    ['2024-03-05T14:30:00+0800', '2024-03-05 2024-03-05T06:30:00.000Z instant'],
    ['2024-03-05T14:30-03', '2024-03-05 2024-03-05T17:30:00.000Z instant'],
    ['2024-03-05T23:30:00-05:30', '2024-03-06 2024-03-06T05:00:00.000Z instant'],
    ['2024-03-05T14:30:00.5Z', '2024-03-05 2024-03-05T14:30:00.500Z instant'],
    ['2024-03-05T14:30:00.123Z', '2024-03-05 2024-03-05T14:30:00.123Z instant'],
    ['2024-03-05T14:30:00.123999+00:00', '2024-03-05 2024-03-05T14:30:00.123Z instant'],
    ['2024-03-05T14:30:00', '2024-03-05 2024-03-05T14:30:00.000Z local'],
    ['2024-02-29', '2024-02-29 2024-02-29T00:00:00.000Z date'],
    ['2023-02-29', 'NO_SUCH_DATE'],
    ['2024-13-01', 'NO_SUCH_DATE'],
    ['2024-00-10T10:00:00Z', 'NO_SUCH_DATE'],
    ['1899-12-31', 'NO_SUCH_DATE'],
    ['2024-03-05T24:00:00Z', 'NO_SUCH_TIME'],
    ['2024-03-05T23:60:00', 'NO_SUCH_TIME'],
    ['2024-03-05T23:59:60Z', 'NO_SUCH_TIME'],
    ['2024-03-05T10:00:00+19:00', 'NO_SUCH_TIME'],
    ['2024-03-05T10:00:00+01:60', 'NO_SUCH_TIME'],
    ['2024-03-05 10:00:00', 'INVALID_DATE'],
    ['2024-03-05T10:00:00ZZ', 'INVALID_DATE'],
    ['2024-03-05T10:00:00.Z', 'INVALID_DATE'],
    ['2024-03-05T10:00:0', 'INVALID_DATE'],
    ['2024-03-05T10', 'INVALID_DATE'],
    ['2024-03-05T10:00:00+8', 'INVALID_DATE'],
    ['2024-03-05T10:00:00+08-00', 'INVALID_DATE'],
    ['2024-03-05T10:00:00*08:00', 'INVALID_DATE'],
    ['2024-03-05T10:00:00+0x:00', 'INVALID_DATE'],
    ['2024-3-5', 'INVALID_DATE'],
    ['2024-03-0x', 'INVALID_DATE'],
    ['2024-03-05T1x:00', 'INVALID_DATE'],
    ['2024-03-05X10:00', 'INVALID_DATE'],
    ['', 'INVALID_DATE'],
  ])('reads %j as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each<[DateFormat, string, string]>([
    ['yyyyMMdd', '20240305', '2024-03-05 2024-03-05T00:00:00.000Z date'],
    ['yyyyMMdd', '20240230', 'NO_SUCH_DATE'],
    ['yyyyMMdd', '2024035x', 'INVALID_DATE'],
    ['yyyy/MM/dd', '2024/03/05', '2024-03-05 2024-03-05T00:00:00.000Z date'],
    ['yyyy/MM/dd', '2024-03-05', 'INVALID_DATE'],
    ['dd/MM/yyyy', '05/03/2024', '2024-03-05 2024-03-05T00:00:00.000Z date'],
    ['MM/dd/yyyy', '03/05/2024', '2024-03-05 2024-03-05T00:00:00.000Z date'],
    ['dd.MM.yyyy', '05.03.2024', '2024-03-05 2024-03-05T00:00:00.000Z date'],
    ['yyyy-MM-dd HH:mm:ss', '2024-03-05 14:30:01', '2024-03-05 2024-03-05T14:30:01.000Z local'],
    ['yyyy/MM/dd HH:mm:ss', '2024/03/05 14:30:01', '2024-03-05 2024-03-05T14:30:01.000Z local'],
    ['dd/MM/yyyy HH:mm:ss', '05/03/2024 14:30:01', '2024-03-05 2024-03-05T14:30:01.000Z local'],
    ['MM/dd/yyyy HH:mm:ss', '03/05/2024 24:30:01', 'NO_SUCH_TIME'],
    ['MM/dd/yyyy HH:mm:ss', '03/05/2024T14:30:01', 'INVALID_DATE'],
    ['MM/dd/yyyy HH:mm:ss', '03/05/2024 1x:30:01', 'INVALID_DATE'],
    ['MM/dd/yyyy HH:mm:ss', '33/05/2024 10:30:01', 'NO_SUCH_DATE'],
    ['epoch-seconds', '1709649001', '2024-03-05 2024-03-05T14:30:01.000Z instant'],
    ['epoch-seconds', '-1', '1969-12-31 1969-12-31T23:59:59.000Z instant'],
    ['epoch-seconds', '1709649001.5', 'INVALID_DATE'],
    ['epoch-seconds', '', 'INVALID_DATE'],
    ['epoch-seconds', '1709649001000', 'NO_SUCH_DATE'],
    ['epoch-milliseconds', '1709649001001', '2024-03-05 2024-03-05T14:30:01.001Z instant'],
  ])('reads by %s %j as %s', (format, text, expected) => {
    expect(read(text, { formats: [format] })).toBe(expected);
  });

  it('tries the formats in their order and tells what the first that fits says', () => {
    const formats: DateFormat[] = ['dd/MM/yyyy', 'MM/dd/yyyy', 'epoch-seconds', 'epoch-milliseconds'];
    expect(read('05/03/2024', { formats })).toContain('2024-03-05');
    expect(read('03/25/2024', { formats })).toContain('2024-03-25');
    expect(read('1709649001001', { formats })).toContain('2024-03-05T14:30:01.001Z');
    expect(read('33/33/2024', { formats })).toBe('NO_SUCH_DATE');
    expect(read('yesterday', { formats })).toBe('INVALID_DATE');
  });

  it('takes times without offset as business time', () => {
    const zone = (timeZone: string) => ({ timeZone });
    expect(read('2024-03-05', zone('Asia/Shanghai'))).toBe('2024-03-05 2024-03-04T16:00:00.000Z date');
    expect(read('2024-03-05T00:30', zone('Asia/Shanghai'))).toBe('2024-03-05 2024-03-04T16:30:00.000Z local');
    expect(read('2024-07-05T12:00', zone('Europe/Berlin'))).toBe('2024-07-05 2024-07-05T10:00:00.000Z local');
    // Days of 23 and 25 hours.
    expect(read('2024-03-31T01:59', zone('Europe/Berlin'))).toBe('2024-03-31 2024-03-31T00:59:00.000Z local');
    expect(read('2024-03-31T03:00', zone('Europe/Berlin'))).toBe('2024-03-31 2024-03-31T01:00:00.000Z local');
    expect(read('2024-10-27T01:00', zone('Europe/Berlin'))).toBe('2024-10-27 2024-10-26T23:00:00.000Z local');
    expect(read('2024-10-27T03:00', zone('Europe/Berlin'))).toBe('2024-10-27 2024-10-27T02:00:00.000Z local');
    expect(read('2024-11-03T00:30', zone('America/New_York'))).toBe('2024-11-03 2024-11-03T04:30:00.000Z local');
    expect(read('2024-11-03T02:30', zone('America/New_York'))).toBe('2024-11-03 2024-11-03T07:30:00.000Z local');
    expect(read('2024-03-10T23:59', zone('America/New_York'))).toBe('2024-03-10 2024-03-11T03:59:00.000Z local');
  });

  it.each([
    // [what, time zone, local time, instant]
    ['an hour that comes twice is the earlier', 'Europe/Berlin', '2024-10-27T02:30', '2024-10-27T00:30:00.000Z'],
    ['an hour that comes twice is the earlier', 'Europe/London', '2024-10-27T01:30', '2024-10-27T00:30:00.000Z'],
    ['an hour that comes twice is the earlier', 'America/New_York', '2024-11-03T01:59', '2024-11-03T05:59:00.000Z'],
    ['an hour that is skipped goes on from before', 'Europe/Berlin', '2024-03-31T02:30', '2024-03-31T01:30:00.000Z'],
    ['an hour that is skipped goes on from before', 'Europe/London', '2024-03-31T01:30', '2024-03-31T01:30:00.000Z'],
    ['a midnight that is skipped goes on from before', 'America/Santiago', '2024-09-08T00:30', '2024-09-08T04:30:00.000Z'],
    ['what comes after a change is exact', 'Europe/London', '2024-10-27T02:00', '2024-10-27T02:00:00.000Z'],
    ['what comes after a change is exact', 'Europe/London', '2024-03-31T02:00', '2024-03-31T01:00:00.000Z'],
  ])('%s: %s %s', (_, timeZone, local, instant) => {
    expect(read(local, { timeZone })).toBe(`${local.slice(0, 10)} ${instant} local`);
  });

  it('keeps no trace of the value before', () => {
    const parser = new InstantParser(['iso'], businessClock('UTC'));
    const parse = (text: string) => parser.parse(Buffer.from(text), 0, text.length) ?? parser.instantMs;
    expect(['2024-03-05', '2024-03-05', '2024-02-30', '2024-02-30', '2024-03-05T00:00:01Z', '2024-03-05'].map(parse)).toEqual([
      1_709_596_800_000,
      1_709_596_800_000,
      'NO_SUCH_DATE',
      'NO_SUCH_DATE',
      1_709_596_801_000,
      1_709_596_800_000,
    ]);
  });
});

describe('BusinessDays', () => {
  it.each([
    'UTC',
    'Asia/Shanghai',
    'Asia/Kolkata',
    'America/Los_Angeles',
    'Pacific/Apia',
    'America/Havana',
    'America/Santiago',
    'Pacific/Kiritimati',
  ])('agrees with the clock of %s at every hour of two years', (timeZone) => {
    const clock = businessClock(timeZone);
    const days = new BusinessDays(clock);
    for (let ms = Date.UTC(2011, 0, 1); ms < Date.UTC(2013, 0, 1); ms += 3_599_000) {
      expect(days.dayOfInstant(ms)).toBe(clock.dayOfInstant(ms));
    }
  });
});
