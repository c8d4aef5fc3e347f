/** What every manifest does, the built-in ones and a stranger's alike. */
import { describe, expect, test } from 'vitest';
import { EXIT_CODES, UserError } from '../../src/errors.ts';
import { bindManifest } from '../../src/providers/bind.ts';
import type { Manifest } from '../../src/providers/manifest.ts';
import { checkManifest } from '../../src/providers/schema.ts';
import type { ApiAnswer, CreateInput, Provider, ProviderSettings, RemoteKey } from '../../src/providers/types.ts';
import { secret } from '../../src/secret.ts';
import { actService, put } from './acted-service.ts';

export interface ProviderCase {
  readonly manifest: Manifest;
  readonly settings: Partial<ProviderSettings>;
  /** A made-up key of this form, assembled at run time. */
  makeSecret(): string;
}

const NOW = Date.UTC(2026, 10, 21, 10, 30, 15);
const DAY = 86_400_000;
const MARK = '3f9a2c1d';

export function providerConformance(name: string, { manifest, settings, makeSecret }: ProviderCase): void {
  const bind = (): Provider => bindManifest(manifest, { sign: false, allowHttp: false, ...settings }, () => NOW);
  const input = (provider: Provider, count = ''): CreateInput => ({
    label: provider.markLabel(`ci${count}`, MARK),
    mark: MARK,
    scopes: provider.manifest.scopes.default,
    lifetime: manifest.key.expiry ? 30 * DAY : undefined,
    metadata: {},
    allowedIps: [],
  });
  const answer = (status: number, body: unknown = {}): ApiAnswer => ({
    status,
    headers: new Headers(),
    body,
    text: JSON.stringify(body),
    url: 'https://service.example/',
  });

  /** A test where the service does this by its API; else there is nothing to test. */
  const whenApi = (id: keyof Provider['operations']) =>
    bind().operations[id].mode === 'api' ? test : (_: string, __: () => Promise<void>) => undefined;

  describe(`${name} as a provider`, () => {
    test('fits the schema, also after a way through JSON', () => {
      expect(checkManifest(JSON.parse(JSON.stringify(manifest)))).toEqual({
        manifest: JSON.parse(JSON.stringify(manifest)),
      });
    });

    test('each operation has one of three modes, and says what to do where a person does it', () => {
      const provider = bind();
      const ref = { id: 'k/1', label: 'ci', name: 'ci' };
      const wishes = { ...input(provider), label: 'ci' };
      const { create, list, get, revoke, rotate, usage } = provider.operations;
      for (const { mode, ...rest } of [create, list, get, revoke, rotate, usage]) {
        if (mode === 'unsupported') expect(rest).toEqual({ reason: expect.stringMatching(/\w.*\.$/) });
      }
      const guides = [
        create.mode === 'assisted' && create.guide(wishes),
        list.mode === 'assisted' && list.guide(undefined),
        revoke.mode === 'assisted' && revoke.guide(ref),
        usage.mode === 'assisted' && usage.guide({ days: 7, page: 1, history: false }),
      ];
      for (const { url, steps } of guides.filter((guide) => guide !== false)) {
        expect(url).toMatch(/^https?:\/\//);
        expect(steps.length).toBeGreaterThan(0);
        expect(steps.join('\n')).not.toMatch(/[{}]/);
      }
    });

    whenApi('create')('a key is made, found again by its mark, and revoked', async () => {
      const provider = bind();
      const { create, list, revoke } = provider.operations;
      if (create.mode !== 'api' || list.mode !== 'api') return;
      const service = actService(provider.manifest, makeSecret, NOW);
      for (const count of ['1', '2', '3', '4', '5']) await create.run(service.call, input(provider, count));
      const made = await create.run(service.call, input(provider));
      const found: RemoteKey[] = [];
      for await (const page of await list.run(service.call, undefined)) found.push(...page);
      expect(found.map((key) => key.id)).toEqual(service.keys.map((key) => key.id));
      const mine = found.find((key) => key.id === made.id);
      expect(mine?.mark ?? provider.readLabel(mine?.label ?? '').mark).toBe(MARK);
      expect([made.secret.reveal(), mine?.status]).toEqual([service.keys.at(-1)?.secret, 'active']);
      for (const time of [mine?.createdAt, mine?.expiresAt, mine?.lastUsedAt])
        if (time) expect(time).toMatch(/^\d{4}-.*\.\d{3}Z$/);
      if (revoke.mode !== 'api') return;
      await revoke.run(service.call, { id: made.id, label: made.label, name: 'ci' });
      expect(service.keys.at(-1)?.active).toBe(false);
      const declared = provider.manifest.operations.list;
      if (declared.mode !== 'api' || declared.fields.active === undefined) return;
      const states: string[] = [];
      for await (const page of await list.run(service.call, undefined)) states.push(...page.map((key) => key.status));
      expect(states).toEqual(['active', 'active', 'active', 'active', 'active', declared.fields.active.otherwise]);
    });

    whenApi('create')(
      'nothing goes to another origin, and what makes a key is never sent twice by itself',
      async () => {
        const provider = bind();
        const { create } = provider.operations;
        if (create.mode !== 'api') return;
        const service = actService(provider.manifest, makeSecret, NOW);
        await create.run(service.call, input(provider));
        for (const request of service.requests) {
          expect(request.url.startsWith(`${provider.settings.url}/`)).toBe(true);
          expect(request.repeatable).toBe(false);
        }
      },
    );

    whenApi('create')('a create that is answered without a key is a bad answer that may have made one', async () => {
      const provider = bind();
      const { create } = provider.operations;
      const declared = provider.manifest.operations.create;
      if (create.mode !== 'api' || declared.mode !== 'api') return;
      const { status, condition } = declared.request.success;
      const empty = condition ? put({}, condition.pointer, condition.equals) : {};
      const error = await create
        .run(async () => answer(status[0] ?? 200, empty), input(provider))
        .catch((thrown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({
        code: 'bad_response',
        unanswered: true,
        message: expect.stringContaining('"create"'),
      });
      expect(error.message).toContain(declared.fields.secret);
    });

    whenApi('usage')('usage has numbers', async () => {
      const provider = bind();
      const { usage } = provider.operations;
      if (usage.mode !== 'api') return;
      const service = actService(provider.manifest, makeSecret, NOW);
      const report = await usage.run(service.call, { days: 7, page: 1, history: true });
      expect(report).toMatchObject({ days: 7, totalCalls: 12, daily: [{ date: '2026-11-20', calls: 12 }] });
      expect(report.records).toHaveLength(1);
    });

    test('the form of a key: taken, or refused without showing it', () => {
      const provider = bind();
      const value = secret(makeSecret());
      expect(() => provider.checkForm(value)).not.toThrow();
      const wrong = `${value.reveal()} with a blank`;
      expect(() => provider.checkForm(secret(wrong))).toThrow(UserError);
      try {
        provider.checkForm(secret(wrong));
      } catch (error) {
        expect(String(error)).not.toContain(value.reveal());
      }
      const shown = provider.displayPrefix(value);
      expect(shown).toBe(value.reveal().slice(0, manifest.key.prefix.length + 4));
    });

    test('labels go to and fro', () => {
      const provider = bind();
      const label = provider.markLabel('ci', MARK);
      expect(provider.readLabel(label).name).toBe('ci');
      expect(provider.readLabel('made elsewhere')).toEqual({ name: 'made elsewhere', mark: undefined });
      const { nameLimit } = manifest.key;
      if (nameLimit !== undefined) expect(() => provider.markLabel('é'.repeat(nameLimit), MARK)).toThrow(UserError);
    });

    test('the MCP endpoint gets the credential in one header', () => {
      const provider = bind();
      for (const kind of ['key', 'login'] as const) {
        const access = provider.mcp(kind);
        if (!access) continue;
        const value = makeSecret();
        const headers = Object.values(access.headers(secret(value)));
        expect(headers).toEqual([expect.stringMatching(/^(\S+ )?\S+$/)]);
        expect(headers[0]?.endsWith(value)).toBe(true);
        expect(new URL(access.url).protocol).toMatch(/^https?:$/);
      }
    });

    test('each status has a code that fits, on either side', () => {
      const provider = bind();
      const codes: Record<number, number[]> = {
        400: [1, 2],
        401: [3],
        403: [4, 1],
        409: [1],
        429: [6],
        500: [9],
        503: [9],
      };
      for (const [status, exits] of Object.entries(codes)) {
        for (const error of [
          provider.diagnose(answer(Number(status)), 'list'),
          provider.diagnoseMcp(answer(Number(status))),
        ]) {
          expect([status, exits.includes(EXIT_CODES[error.code])]).toEqual([status, true]);
          expect(error).toMatchObject({ provider: manifest.id, status: Number(status) });
        }
      }
    });

    test('each error rule can be reached, and advises', () => {
      const provider = bind();
      for (const [index, rule] of manifest.errors.entries()) {
        const { when } = rule;
        const status = typeof when.status === 'object' ? when.status[0] : (when.status ?? 401);
        const named = typeof when.matches === 'string' ? when.matches : when.equals;
        const body = when.pointer === undefined ? named : put({}, when.pointer, named);
        const operation = typeof when.operation === 'object' ? when.operation[0] : when.operation;
        const said = {
          ...answer(status ?? 401, body),
          text: typeof named === 'string' ? named : JSON.stringify(body ?? {}),
        };
        const advice = rule.advice?.replaceAll('{profile}', manifest.id);
        const error = when.surface === 'mcp' ? provider.diagnoseMcp(said) : provider.diagnose(said, operation);
        expect([index, error.code, error.hint]).toEqual([index, rule.code, advice ?? expect.anything()]);
      }
    });

    test('what a server says reaches nobody with control characters', () => {
      const words = 'no\u001b[31m\u0007 \u202e way\r\nnext';
      const error = bind().diagnose(answer(418, { message: words, error: { message: words } }));
      expect(error.message).not.toMatch(/[\u0000-\u001f\u202e]/);
      expect(error.message).toContain('way next');
    });
  });
}
