import { StoreError } from './store-error.js';

/** The next whole second, which every store keeps exactly. @throws StoreError 'bad-argument' on an invalid date */
export function lockUntil(until: Date): Date {
  if (Number.isNaN(until.getTime())) throw new StoreError('bad-argument', 'no such time to lock until');
  return new Date(Math.ceil(until.getTime() / 1000) * 1000);
}
