/** What hangs is told by the check that it belongs to, in its time, and holds up no other. */
import { describe, expect, test } from 'vitest';
import { startSandbox } from '../sandbox/index.ts';
import { type Clinic, openClinic, openEmpty, wrong } from './clinic.ts';

const hanging = { times: Number.POSITIVE_INFINITY, action: { kind: 'never' } } as const;

describe('with little time', () => {
  test.each([
    [
      'a list of tools that never comes',
      /tools\/list$/,
      [['key.probe', 'stock/ci', /^initialize was answered \(stock-data\), tools\/list was not: .* in time/]],
    ],
    [
      'an endpoint that never answers',
      /\/messages/,
      [['profile.reachable', 'stock', /could not be reached: it did not answer in time/]],
    ],
  ] as const)('%s', { timeout: 60_000 }, async (_what, match, wanted) => {
    const clinic = await openClinic();
    clinic.sandbox.fault('stock-data', { match, ...hanging });
    const rows = await clinic.doctor(['--timeout', '3s']);
    expect(wrong(rows)).toMatchObject(
      wanted.map(([id, subject, seen]) => ({ id, subject, seen: expect.stringMatching(seen) })),
    );
    expect(rows.find(({ id }) => id === 'placement.command')).toMatchObject({ state: 'skipped' });
    await clinic.close();
  });
});

/** Profiles of a service that answers, and one of a service that no longer does. */
async function openMany(profiles: number): Promise<Clinic> {
  const [sandbox, silent] = await Promise.all([0, 1].map(() => startSandbox({ services: ['generic'] })));
  if (!sandbox || !silent) throw new Error('there are two');
  const clinic = await openEmpty(sandbox);
  for (let index = 1; index <= profiles; index += 1) {
    const service = (index === profiles ? silent : sandbox).service('generic');
    const name = index === profiles ? 'silent' : `p${index}`;
    await clinic.run(['profile', 'add', 'generic', '-p', name, '--mcp-url', service.mcpUrl]);
    await clinic.run(['import', 'k', '-p', name, '--stdin'], { input: service.dashboard.create({ name }).secret });
  }
  silent.fault('generic', { match: /./, ...hanging });
  return {
    ...clinic,
    close: async () => {
      await Promise.all([clinic.close(), silent.close()]);
    },
  };
}

test('of 20 profiles one that hangs holds up no other', { timeout: 180_000 }, async () => {
  const clinic = await openMany(20);
  const rows = await clinic.doctor(['--timeout', '10s']);
  expect(wrong(rows).map(({ id, subject }) => `${id} ${subject}`)).toEqual(['profile.reachable silent']);
  expect(rows.filter(({ id, state }) => id === 'key.probe' && state === 'ok')).toHaveLength(19);
  await clinic.close();
});
