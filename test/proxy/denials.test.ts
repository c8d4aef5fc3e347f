/** What a refusal leaves behind for doctor: of what a client did, not of how every conversation begins. */
import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { createDenials, readDenial } from '../../src/proxy/denials.ts';
import { emptyFolder } from '../helpers/folder.ts';

const REF = 'stock/ci';
const record = { id: 'k1' };
const refusal = new UserError('insufficient_scope', 'no', { hint: 'make another' });

async function start() {
  const state = await emptyFolder();
  const context = { paths: { state }, now: () => 0 };
  return {
    open: () => createDenials(context, { ref: REF, record }),
    noted: async () => (await readDenial(context, REF))?.kind,
  };
}

test.each(['initialize', 'tools/list', 'server/discover'])(
  '%s that is refused is the probe’s to tell',
  async (kind) => {
    const { open, noted } = await start();
    await open().refused(refusal, [kind]);
    expect(await noted()).toBeUndefined();
  },
);

test('a refused call is noted until the same call is granted, by whatever process', async () => {
  const { open, noted } = await start();
  await open().refused(refusal, ['tools/call write']);
  expect(await noted()).toBe('tools/call write');
  const later = open();
  await later.granted('tools/list');
  await later.granted('tools/call read');
  expect(await noted()).toBe('tools/call write');
  await later.granted('tools/call write');
  expect(await noted()).toBeUndefined();
  await later.refused(refusal, ['tools/call write']);
  expect(await noted()).toBe('tools/call write');
});

test('a key that is refused as such is noted by nobody', async () => {
  const { open, noted } = await start();
  await open().refused(new UserError('invalid_api_key', 'no'), ['tools/call write']);
  expect(await noted()).toBeUndefined();
});
