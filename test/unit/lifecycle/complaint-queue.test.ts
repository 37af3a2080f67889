import { describe, expect, it } from 'vitest';
import { ComplaintQueue } from '../../../lib/lifecycle/complaint-queue.ts';

describe('ComplaintQueue', () => {
  it('closes the complaint that has been open for longest', () => {
    const queue = new ComplaintQueue();
    expect(queue.complain(3, 30)).toBe(false);
    queue.complain(5, 50);
    expect([queue.count, queue.open, queue.openSince]).toEqual([2, 2, 3]);
    expect([3, 4, 5, 6].map((day) => queue.openBefore(day))).toEqual([0, 1, 1, 2]);
    expect(queue.resolve(60)).toBe(3);
    expect([queue.count, queue.open, queue.openSince]).toEqual([2, 1, 5]);
    expect([queue.resolve(70), queue.resolve(80)]).toEqual([5, undefined]);
    expect([queue.open, queue.openSince]).toEqual([0, undefined]);
  });

  it('takes a complaint and a resolution of one instant in either order, and keeps no resolution for a later complaint', () => {
    const queue = new ComplaintQueue();
    expect([queue.resolve(30), queue.resolve(30)]).toEqual([undefined, undefined]);
    expect([queue.complain(3, 30), queue.complain(3, 30), queue.complain(3, 30)]).toEqual([true, true, false]);
    queue.clear();
    queue.resolve(30);
    expect(queue.complain(4, 40)).toBe(false);
    expect([queue.count, queue.openSince]).toEqual([1, 4]);
  });

  it('forgets the customer before', () => {
    const queue = new ComplaintQueue();
    queue.complain(3, 30);
    queue.resolve(31);
    queue.resolve(32);
    queue.clear();
    expect([queue.count, queue.open, queue.complain(4, 32), queue.openSince]).toEqual([0, 0, false, 4]);
  });
});
