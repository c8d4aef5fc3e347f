import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldRecords } from '../../src/rotation/journal.ts';
import { nextStep, type Planned, type RotationRecord, type StepId } from '../../src/rotation/records.ts';
import { readRecords } from '../../src/rotation/schema.ts';

const AT = '2026-11-20T10:00:00.000Z';
const worker = { pid: 7, start: '1', boot: 'b', host: 'laptop' };
const planned = (order: 'create-first' | 'revoke-first', from: Planned['from'] = 'start'): Planned => ({
  step: 'planned',
  at: AT,
  profile: 'acme',
  name: 'ci',
  provider: 'acme-rolls',
  plan: { making: 'api', order, grace: 0, retiring: 'api' },
  old: { id: 'r1', label: 'ci', secret: 's1', expiresAt: null, assisted: false },
  onRotated: null,
  host: 'laptop',
  worker,
  from,
  mark: '01234567',
  secret: 's2',
});

const key = {
  id: 'r2',
  label: 'ci',
  prefix: null,
  scopes: [],
  createdAt: null,
  expiresAt: null,
  metadata: {},
  allowedIps: [],
};
const DONE: Readonly<Record<StepId, RotationRecord>> = {
  create: { step: 'created', at: AT, key },
  store: { step: 'stored', at: AT },
  verify: { step: 'verified', at: AT },
  place: { step: 'placed', at: AT },
  hook: { step: 'hooked', at: AT },
  promote: { step: 'promoted', at: AT, revokeAt: AT },
  retire: { step: 'retired', at: AT, refusedAt: AT },
  undo: { step: 'undone', at: AT },
};

/** The steps that follow each other when each is done. */
function walk(first: Planned): StepId[] {
  const records: RotationRecord[] = [first];
  const steps: StepId[] = [];
  for (let step = nextStep(foldRecords(records)); step; step = nextStep(foldRecords(records))) {
    steps.push(step);
    records.push(DONE[step]);
  }
  return steps;
}

describe('the order of the steps', () => {
  it('create first: the old key goes last', () =>
    expect(walk(planned('create-first'))).toEqual(['create', 'store', 'verify', 'place', 'hook', 'promote', 'retire']));
  it('revoke first: the old key goes before anything else', () =>
    expect(walk(planned('revoke-first'))).toEqual(['retire', 'create', 'store', 'verify', 'place', 'hook', 'promote']));
  it('after a grace, only the old key is left', () =>
    expect(walk(planned('create-first', 'promoted'))).toEqual(['retire']));
  it('a key that is not taken goes, and nothing follows', () => {
    const error = { code: 'refused', message: 'no', hint: null, provider: null, status: null } as const;
    const rejected: RotationRecord[] = [
      planned('create-first'),
      DONE.create,
      DONE.store,
      { step: 'rejected', at: AT, error },
    ];
    expect(nextStep(foldRecords(rejected))).toBe('undo');
    expect(nextStep(foldRecords([...rejected, DONE.undo]))).toBeUndefined();
  });
  it('another attempt forgets what the one before had done', () => {
    const again: RotationRecord = { step: 'again', at: AT, mark: '89abcdef', secret: 's3' };
    const progress = foldRecords([planned('create-first'), DONE.create, DONE.store, again]);
    expect(nextStep(progress)).toBe('create');
    expect(progress.attempt).toMatchObject({ mark: '89abcdef', secret: 's3' });
    expect(progress.abandoned).toMatchObject([{ mark: '01234567', secret: 's2' }]);
  });
});

describe('a journal', () => {
  it('reads back as what was written, whatever was done', () => {
    const some = fc.array(fc.constantFrom(...Object.values(DONE)), { maxLength: 12 });
    fc.assert(
      fc.property(some, (records) => {
        const written: RotationRecord[] = [planned('create-first'), ...records];
        const source = { kind: 'rotation', id: 'x', path: '/j', records: JSON.parse(JSON.stringify(written)) };
        expect(readRecords(source)).toEqual({ records: written, fault: undefined });
      }),
    );
  });
  it('of another shape is read up to there, and the line named', () => {
    const source = {
      kind: 'rotation',
      id: 'x',
      path: '/j.jsonl',
      records: [planned('create-first'), { step: 'dance' }],
    };
    const { records, fault } = readRecords(source);
    expect(records).toEqual([planned('create-first')]);
    expect(fault?.message).toMatch(/\/j\.jsonl.*line 2/);
  });
});
