import { expect, it } from 'vitest';
import { kindOf } from '../../src/rotation/journal.ts';
import { rotationReminder } from '../../src/rotation/remind.ts';
import { findJournals, rotationPlaces } from '../../src/rotation/shared-journals.ts';
import { createLocks } from '../../src/system/locks.ts';
import { resolvePaths } from '../../src/system/paths.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { memorySpace } from '../helpers/memory-space.ts';

const plan = (name: string) => ({
  step: 'planned',
  at: '2026-11-20T10:00:00.000Z',
  profile: 'acme',
  name,
  provider: 'acme-rolls',
  plan: { making: 'api', order: 'create-first', grace: 0, retiring: 'api' },
  old: { id: 'r1', label: name, secret: 's1', expiresAt: null, assisted: false },
  onRotated: null,
  host: 'desk',
  worker: { pid: 7, start: '1', boot: 'b', host: 'desk' },
  from: 'start',
  mark: '01234567',
  secret: 's2',
});

it('a damaged journal in the store that machines share is that key’s fault alone', async () => {
  const space = memorySpace();
  const write = (name: string, ...records: readonly unknown[]) =>
    space.write(
      `journals/${kindOf({ profile: 'acme', name })}-0123456789`,
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
  write('bad', plan('bad'), { step: 'future' });
  write('whole', plan('whole'));
  write('lost', 'nonsense');
  const dir = await emptyFolder();
  const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
  const context = {
    paths,
    locks: createLocks({ dir: paths.locks }),
    now: () => 0,
    host: 'laptop',
    shared: async () => ({ store: 'etcd', space }),
  };

  const { journals } = rotationPlaces(context);
  const names = (await journals.left()).map(({ progress }) => progress.planned.name).sort();
  expect(names).toEqual(['bad', 'whole']);
  expect(await journals.left({ profile: 'acme', name: 'whole' })).toHaveLength(1);
  for (const name of ['bad', 'lost']) {
    await expect(journals.left({ profile: 'acme', name })).rejects.toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining(`etcd: journals/${kindOf({ profile: 'acme', name })}`),
      hint: 'Mend that document in the store, or take it out there.',
    });
  }
  expect((await findJournals(context)).filter(({ fault }) => fault)).toHaveLength(2);
  expect(await rotationReminder(context)).toBe(
    'A rotation was left in the middle, and 2 journals of unfinished work cannot be read. Next: mcpkey doctor --check rotation.pending',
  );
});
