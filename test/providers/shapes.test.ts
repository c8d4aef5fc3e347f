import { describe, expect, it } from 'vitest';
import { bindManifest } from '../../src/providers/bind.ts';
import type { Manifest } from '../../src/providers/manifest.ts';
import type { ApiAnswer, ApiRequest, CreateInput } from '../../src/providers/types.ts';
import { providerConformance } from '../conformance/provider.ts';
import * as shapes from './shapes.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;

for (const [name, manifest] of Object.entries(shapes.SHAPES)) {
  providerConformance(name, { manifest, settings: { org: 'proj 1/2' }, makeSecret: shapes.makeSecret });
}

const bind = (manifest: Manifest) =>
  bindManifest(manifest, { org: 'proj 1/2', sign: false, allowHttp: false }, () => NOW);
const wishes: CreateInput = {
  label: 'ci',
  mark: '3f9a2c1d',
  scopes: ['read', 'write'],
  lifetime: 1.5 * DAY,
  metadata: {},
  allowedIps: [],
};
const ref = { id: 'a/b', label: 'ci', name: 'ci' };

function answering(body: unknown, status = 200) {
  const requests: ApiRequest[] = [];
  const call = async (request: ApiRequest): Promise<ApiAnswer> => {
    requests.push(request);
    return { status, headers: new Headers(), body, text: JSON.stringify(body ?? ''), url: request.url };
  };
  return { requests, call };
}

async function sent(manifest: Manifest, wish: Partial<CreateInput> = {}): Promise<ApiRequest | undefined> {
  const { requests, call } = answering({});
  const { create } = bind(manifest).operations;
  if (create.mode === 'api') await create.run(call, { ...wishes, ...wish }).catch(() => undefined);
  return requests[0];
}

describe('what is sent', () => {
  it.each<[string, Manifest, Partial<CreateInput>, unknown]>([
    [
      'epoch milliseconds, the mark in the metadata',
      shapes.everyCallPost,
      {},
      { apiId: 'proj 1/2', name: 'ci', meta: { mcpkey: '3f9a2c1d' }, expires: NOW + 1.5 * DAY },
    ],
    ['a point in time', shapes.byOffset, {}, { name: 'ci', expires_at: '2026-11-23T00:00:00.000Z' }],
    ['null for a key without end', shapes.byOffset, { lifetime: null }, { name: 'ci', expires_at: null }],
    ['nothing for a key without end', shapes.nested, { lifetime: null }, { name: 'ci' }],
    ['seconds', shapes.nested, {}, { name: 'ci', expires_in_seconds: 129_600 }],
    ['a day, rounded up', shapes.byLink, {}, { name: 'ci', scopes: ['read', 'write'], expires_at: '2026-11-23' }],
    [
      'a form',
      shapes.byForm,
      { lifetime: undefined },
      { FriendlyName: 'ci', AccountSid: 'proj 1/2', Scopes: 'read write' },
    ],
  ])('%s', async (_, manifest, wish, body) => {
    expect((await sent(manifest, wish))?.body?.value).toEqual(body);
  });

  it('percent-encodes what stands in a path', async () => {
    expect((await sent(shapes.nested))?.url).toBe('https://api.service.example/projects/proj%201%2F2/service_accounts');
    const { requests, call } = answering(undefined, 204);
    const { revoke } = bind(shapes.noContent).operations;
    if (revoke.mode === 'api') await revoke.run(call, ref);
    expect(requests[0]?.url).toBe('https://api.service.example/v3/api_keys/a%2Fb');
  });

  it('refuses an id that would climb out of the path', async () => {
    const { requests, call } = answering(undefined, 204);
    const { revoke } = bind(shapes.noContent).operations;
    if (revoke.mode !== 'api') throw new Error('no API');
    for (const id of ['.', '..'])
      await expect(revoke.run(call, { ...ref, id })).rejects.toMatchObject({ code: 'usage' });
    expect(requests).toEqual([]);
  });
});

describe('native rotation', () => {
  it.each<[string, Manifest, unknown, string]>([
    ['a new id, with an overlap', shapes.everyCallPost, { data: { keyId: 'new', key: shapes.makeSecret() } }, 'new'],
    ['the same id, a bare text', shapes.inPlace, { success: true, result: shapes.makeSecret() }, 'a/b'],
  ])('%s', async (_, manifest, body, id) => {
    const { requests, call } = answering(body);
    const { rotate } = bind(manifest).operations;
    if (rotate.mode !== 'api') throw new Error('no API');
    const made = await rotate.run(call, { ...ref, ...wishes, overlap: 90_000 });
    expect([made.id, made.label, requests[0]?.repeatable]).toEqual([id, 'ci', false]);
    expect(made.secret.reveal()).toMatch(/^key_/);
    if (manifest === shapes.everyCallPost)
      expect(requests[0]?.body?.value).toEqual({ keyId: 'a/b', expiration: 90_000 });
  });
});

describe('pages', () => {
  const list = async (manifest: Manifest, bodies: readonly unknown[], headers: Record<string, string> = {}) => {
    const requests: string[] = [];
    const { list: operation } = bind(manifest).operations;
    if (operation.mode !== 'api') throw new Error('no API');
    const call = async ({ url }: ApiRequest): Promise<ApiAnswer> => {
      requests.push(url);
      return {
        status: 200,
        headers: new Headers(headers),
        body: bodies[requests.length - 1] ?? bodies.at(-1),
        text: '',
        url,
      };
    };
    const ids: string[] = [];
    for await (const page of await operation.run(call, undefined)) ids.push(...page.map((key) => key.id));
    return { ids, requests };
  };
  const key = (id: string) => ({ id, name: id, sid: id, friendly_name: id });

  it('calls an active key past its term expired', async () => {
    const states: string[] = [];
    const { list: operation } = bind(shapes.byOffset).operations;
    if (operation.mode !== 'api') throw new Error('no API');
    const data = ['2026-11-21T11:59:59Z', '2026-11-21T12:00:01Z', null].map((expires_at, index) => ({
      hash: `${index}`,
      name: 'x',
      disabled: false,
      expires_at,
    }));
    const { call } = answering({ data: [...data, { hash: '9', name: 'no state' }] });
    for await (const page of await operation.run(
      async (request) => (request.url.endsWith('offset=0') ? call(request) : answering({ data: [] }).call(request)),
      undefined,
    )) {
      states.push(...page.map((key) => key.status));
    }
    expect(states).toEqual(['expired', 'active', 'active', 'unknown']);
  });

  it('goes to no other origin for the next page', async () => {
    await expect(
      list(shapes.byForm, [{ keys: [key('1')], meta: { next_page_url: 'https://evil.example/v1/Keys' } }]),
    ).rejects.toMatchObject({ code: 'bad_response' });
    await expect(
      list(shapes.byLink, [[key('1')]], { link: '<https://evil.example/tokens>; rel="next"' }),
    ).rejects.toMatchObject({ code: 'bad_response' });
  });

  it('does not walk in a circle', async () => {
    await expect(list(shapes.byLastId, [{ data: [key('1')], has_more: true }])).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('circle'),
    });
  });

  it.each<[string, Manifest, unknown, string]>([
    ['no list', shapes.byLastId, { data: {} }, '/data'],
    ['no id', shapes.byLastId, { data: [{ name: 'x' }] }, '/id'],
    ['a wrong time', shapes.byLastId, { data: [{ ...key('1'), created_at: 'yesterday' }] }, '/created_at'],
    ['no hasMore', shapes.byLastId, { data: [key('1')] }, '/has_more'],
    ['a list of something else', shapes.byLink, ['text'], '/id'],
    ['no total', shapes.inPlace, { success: true, result: [key('1')] }, '/result_info/total_count'],
    ['no success', shapes.inPlace, { result: [] }, '/success'],
  ])('names operation and pointer where there is %s', async (_, manifest, body, pointer) => {
    const error = await list(manifest, [body]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'bad_response' });
    expect(error.message).toMatch(/"list"/);
    expect(error.message).toContain(pointer);
  });
});

describe('a quota that is told by a 403', () => {
  it('is no lack of scope', () => {
    const body = { errors: [{ message: 'Cannot create more than the maximum number of keys' }] };
    const error = bind(shapes.noContent).diagnose(
      { status: 403, headers: new Headers(), body, text: JSON.stringify(body), url: '' },
      'create',
    );
    expect([error.code, error.hint, error.message]).toEqual([
      'refused',
      'At most 100 keys: revoke one first.',
      expect.stringContaining('maximum number'),
    ]);
  });
});
