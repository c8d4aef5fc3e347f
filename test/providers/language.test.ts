import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ai2fin } from '../../src/providers/ai2fin.ts';
import { apexmcp } from '../../src/providers/apexmcp.ts';
import { bindManifest } from '../../src/providers/bind.ts';
import { generic } from '../../src/providers/generic.ts';
import { investra } from '../../src/providers/investra.ts';
import { lifetimeInWords, serviceLifetime } from '../../src/providers/lifetimes.ts';
import type { Manifest, TimeFormat } from '../../src/providers/manifest.ts';
import { mcpCloud } from '../../src/providers/mcp-cloud.ts';
import { find } from '../../src/providers/pointers.ts';
import { retryAfterOf } from '../../src/providers/rate-limits.ts';
import { stockData } from '../../src/providers/stock-data.ts';
import { fillText, fillUrl } from '../../src/providers/templates.ts';
import { parseTime, writeTime } from '../../src/providers/times.ts';
import type { ProviderSettings } from '../../src/providers/types.ts';
import { secret } from '../../src/secret.ts';
import { put } from '../conformance/acted-service.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 10);
const bind = (manifest: Manifest, settings: Partial<ProviderSettings> = {}) =>
  bindManifest(manifest, { sign: false, allowHttp: false, ...settings }, () => NOW);
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers(headers),
  body,
  text: JSON.stringify(body),
  url: 'https://service.example/',
});

describe('pointers (RFC 6901)', () => {
  const document = { 'a/b': [1, { '~': 'x' }], '': 0, list: ['p'], nothing: null };
  it.each([
    ['', document],
    ['/a~1b/0', 1],
    ['/a~1b/1/~0', 'x'],
    ['/', 0],
    ['/nothing', null],
    ['/nothing/deeper', undefined],
    ['/list/01', undefined],
    ['/list/-', undefined],
    ['/list/length', undefined],
    ['/constructor', undefined],
    ['/__proto__/toString', undefined],
  ])('%s', (pointer, value) => expect(find(document, pointer)).toEqual(value));

  it('finds what was put, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (names) => {
        const pointer = names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        expect(find(put({}, pointer, 'here'), pointer)).toBe('here');
      }),
    );
  });
});

describe('templates (RFC 6570)', () => {
  it.each([
    ['/keys/{id}', { id: "a/b?c#d e!'()*é" }, '/keys/a%2Fb%3Fc%23d%20e%21%27%28%29%2A%C3%A9'],
    ['{+url}/x', { url: 'https://h:1/p' }, 'https://h:1/p/x'],
    ['/{missing}', {}, undefined],
    ['/{empty}', { empty: '' }, undefined],
    ['/{toString}', {}, undefined],
  ])('%s', (template, inputs, filled) => expect(fillUrl(template, inputs)).toBe(filled));

  it('no value leaves its segment', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        const filled = fillUrl('/keys/{id}', { id }) ?? '';
        expect(filled.slice('/keys/'.length)).not.toMatch(/[/?#]/);
        expect(decodeURIComponent(filled)).toBe(`/keys/${id}`);
      }),
    );
  });

  it('reads as a person writes: lists with commas, pairs with =', () =>
    expect(fillText('{scopes}; {metadata}', { scopes: ['a', 'b'], metadata: { owner: 'ann' } })).toBe(
      'a, b; owner=ann',
    ));
});

describe('times', () => {
  it.each<[TimeFormat, unknown, string | undefined]>([
    ['rfc3339', '2024-04-01T00:00:00Z', '2024-04-01T00:00:00.000Z'],
    ['rfc3339', '2024-04-01T02:00:00.123456+02:00', '2024-04-01T00:00:00.123Z'],
    ['rfc3339', '2024-04-01T00:00:00', undefined],
    ['rfc3339', '2024-13-01T00:00:00Z', undefined],
    ['rfc3339', 1_700_000_000, undefined],
    ['sql-datetime', '2023-10-06 23:47:56.678+00', '2023-10-06T23:47:56.678Z'],
    ['rfc2822', 'Mon, 13 Jun 2016 22:50:08 +0000', '2016-06-13T22:50:08.000Z'],
    ['rfc2822', '2016-06-13', undefined],
    ['unix-seconds', 1_711_471_533, '2024-03-26T16:45:33.000Z'],
    ['unix-seconds', '1711471533', '2024-03-26T16:45:33.000Z'],
    ['unix-seconds', 1_711_471_533_000, undefined],
    ['unix-milliseconds', 1_711_471_533_123, '2024-03-26T16:45:33.123Z'],
    ['unix-milliseconds', 'soon', undefined],
    ['date', '2027-02-18', '2027-02-18T00:00:00.000Z'],
    ['local-datetime', '2026-11-20T10:00:00.123456', '2026-11-20T10:00:00.123Z'],
    ['local-datetime', '2026-11-20 10:00', '2026-11-20T10:00:00.000Z'],
    ['local-datetime', '2026-11-20T10:00:00+08:00', '2026-11-20T02:00:00.000Z'],
  ])('%s %s', (format, value, iso) => {
    const milliseconds = parseTime(value, format);
    expect(milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()).toBe(iso);
  });

  it('each format reads what it writes', () => {
    const formats: TimeFormat[] = [
      'rfc3339',
      'rfc2822',
      'unix-seconds',
      'unix-milliseconds',
      'local-datetime',
      'sql-datetime',
    ];
    for (const format of formats) expect([format, parseTime(writeTime(NOW, format), format)]).toEqual([format, NOW]);
  });
});

describe('the term of a key', () => {
  it.each([
    [stockData, 90 * DAY, { value: 90, ms: 90 * DAY, rounded: false }],
    [stockData, 36 * 3_600_000, { value: 2, ms: 2 * DAY, rounded: true }],
    [stockData, 1, { value: 1, ms: DAY, rounded: true }],
    [stockData, null, { value: null, ms: null, rounded: false }],
    [stockData, undefined, { value: 90, ms: 90 * DAY, rounded: false }],
    [apexmcp, undefined, { value: undefined, ms: undefined, rounded: false }],
  ])('%# is told in the service’s unit', (manifest, wanted, told) =>
    expect(serviceLifetime(manifest, wanted)).toEqual(told),
  );

  it.each([
    [stockData, 366 * DAY, '--expires from 1 to 365 days, or never'],
    [ai2fin, null, '--expires from 1 to 365 days'],
    [apexmcp, DAY, 'Leave --expires out.'],
  ])('%# is refused with what would do', (manifest, wanted, hint) => {
    expect(() => serviceLifetime(manifest, wanted)).toThrow(expect.objectContaining({ code: 'usage', hint }));
  });

  it('is said to a person with its day', () =>
    expect(lifetimeInWords(mcpCloud, DAY, NOW)).toBe('1 day (until 2026-11-22)'));
});

describe('settings', () => {
  it.each<[string, Manifest, Partial<ProviderSettings>, string]>([
    ['no URL where one is needed', stockData, {}, 'needs --url'],
    ['no MCP URL where no page names one', mcpCloud, {}, 'needs --mcp-url'],
    ['no organisation', apexmcp, {}, 'needs --org'],
    ['neither endpoint nor command', generic, {}, '--command'],
    ['a password in the URL', stockData, { url: 'https://ann:x@stock.example' }, 'password'],
    ['another scheme', stockData, { url: 'ftp://stock.example' }, 'no http'],
    ['plain http to another host', stockData, { url: 'http://stock.example:8000' }, 'plain http'],
    ['an unknown variant', ai2fin, { org: 'acme' }, 'admin'],
    ['a header that is none', generic, { mcpUrl: 'https://mcp.example', header: 'X Key\r\n' }, 'header'],
    ['a pattern that is none', generic, { mcpUrl: 'https://mcp.example', keyPattern: '(' }, 'regular expression'],
    ['signing where nothing is signed', investra, { sign: true }, 'signs no requests'],
  ])('refuses %s', (_, manifest, settings, said) => {
    expect(() => bind(manifest, settings)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(said) }),
    );
  });

  it('shows no password that stands in a URL', () => {
    const password = ['hunter', '2'].join('');
    expect(() => bind(stockData, { url: `https://ann:${password}@stock.example` })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(password) }),
    );
  });

  it('makes the other addresses of the one that is given', () => {
    expect(bind(stockData, { url: 'http://127.0.0.1:8000/' }).settings).toMatchObject({
      url: 'http://127.0.0.1:8000',
      mcpUrl: 'http://127.0.0.1:8001/messages',
    });
    expect(bind(stockData, { url: 'http://stock.lan:9000', allowHttp: true }).settings.mcpUrl).toBe(
      'http://stock.lan:8001/messages',
    );
    expect(bind(stockData, { url: 'http://[::1]:8000' }).settings.mcpUrl).toBe('http://[::1]:8001/messages');
    expect(bind(ai2fin).settings).toMatchObject({
      url: 'https://api.ai2fin.com',
      mcpUrl: 'https://api.ai2fin.com/mcp',
    });
    expect(bind(apexmcp, { org: 'a/b' }).settings.mcpUrl).toBe('https://gateway.apexmcp.ai/mcp/a%2Fb');
  });
});

describe('the way to the MCP endpoint', () => {
  const value = ['some', 'key', 'value'].join('-');
  it.each<[string, Manifest, Partial<ProviderSettings>, 'key' | 'login', string | undefined, Record<string, string>]>([
    ['keys of ai2fin', ai2fin, {}, 'key', 'https://api.ai2fin.com/mcp/inspector', { 'X-API-Key': value }],
    [
      'keys of ai2fin, named whole',
      ai2fin,
      { mcpUrl: 'https://f.example/mcp/inspector/' },
      'key',
      'https://f.example/mcp/inspector/',
      { 'X-API-Key': value },
    ],
    ['logins of ai2fin', ai2fin, {}, 'login', 'https://api.ai2fin.com/mcp', { Authorization: `Bearer ${value}` }],
    ['keys of apexmcp', apexmcp, { org: 'acme' }, 'key', 'https://gateway.apexmcp.ai/mcp/acme', { 'X-API-Key': value }],
    ['logins of stock-data', stockData, { url: 'https://s.example' }, 'login', undefined, {}],
    [
      'a header of its own',
      generic,
      { mcpUrl: 'https://m.example/mcp', header: 'X-Key' },
      'key',
      'https://m.example/mcp',
      { 'X-Key': value },
    ],
    [
      'a scheme of its own',
      generic,
      { mcpUrl: 'https://m.example/mcp', header: 'Authorization: Token' },
      'key',
      'https://m.example/mcp',
      { Authorization: `Token ${value}` },
    ],
    ['a local server', generic, { command: ['npx', 'x'], variable: 'X_KEY' }, 'key', undefined, {}],
  ])('%s', (_, manifest, settings, kind, url, headers) => {
    const access = bind(manifest, settings).mcp(kind);
    expect([access?.url, access?.headers(secret(value)) ?? {}]).toEqual([url, headers]);
  });

  it('signs the exact body, where the profile wants it', () => {
    const settings = { mcpUrl: 'https://one.mcp-cloud.ai/mcp' };
    expect(bind(mcpCloud, settings).mcp('key')?.sign).toBeUndefined();
    const sign = bind(mcpCloud, { ...settings, sign: true }).mcp('key')?.sign;
    for (const body of ['{"a":"{timestamp}"}', '']) {
      const timestamp = String(Math.floor(NOW / 1000));
      expect(sign?.(secret(value), body, NOW + 999)).toEqual({
        'X-MCP-Timestamp': timestamp,
        'X-MCP-Signature': createHmac('sha256', value).update(`${timestamp}.${body}`).digest('hex'),
      });
    }
  });
});

describe('what services say', () => {
  const rpc = (errorType: string, code: number) => ({
    jsonrpc: '2.0',
    id: 1,
    error: { code, message: 'x', data: { errorType, message: 'own words' } },
  });
  it.each<[string, Manifest, Partial<ProviderSettings>, 'api' | 'mcp', number, unknown, string]>([
    ['ai2fin token', ai2fin, {}, 'mcp', 401, rpc('INVALID_TOKEN', 401), 'invalid_token'],
    ['ai2fin key, as 200', ai2fin, {}, 'mcp', 200, rpc('INVALID_API_KEY', 401), 'invalid_api_key'],
    ['ai2fin scope', ai2fin, {}, 'mcp', 403, rpc('INSUFFICIENT_SCOPE', 403), 'insufficient_scope'],
    [
      'mcp-cloud key',
      mcpCloud,
      { mcpUrl: 'https://m.example' },
      'mcp',
      401,
      { error: { code: 'invalid_api_key', message: 'revoked', type: 'authentication_error' } },
      'invalid_api_key',
    ],
    [
      'stock-data key',
      stockData,
      { url: 'https://s.example' },
      'mcp',
      401,
      { jsonrpc: '2.0', id: 1, error: { code: -32001, message: 'Invalid or expired API key' } },
      'invalid_api_key',
    ],
    [
      'stock-data no key',
      stockData,
      { url: 'https://s.example' },
      'mcp',
      401,
      { jsonrpc: '2.0', id: 1, error: { code: -32001, message: 'API key required' } },
      'api_key_required',
    ],
    [
      'stock-data login',
      stockData,
      { url: 'https://s.example' },
      'api',
      401,
      { detail: '登录已过期' },
      'invalid_token',
    ],
    ['stock-data routes', stockData, { url: 'https://s.example' }, 'api', 404, { detail: 'Not Found' }, 'unsupported'],
    [
      'stock-data 200',
      stockData,
      { url: 'https://s.example' },
      'api',
      200,
      { success: false, message: '名称已存在' },
      'refused',
    ],
    ['investra', investra, {}, 'mcp', 401, null, 'invalid_api_key'],
    ['apexmcp', apexmcp, { org: 'a' }, 'mcp', 403, {}, 'insufficient_scope'],
  ])('%s', (_, manifest, settings, surface, status, body, code) => {
    const provider = bind(manifest, settings);
    const error =
      surface === 'mcp'
        ? provider.diagnoseMcp(answer(status, body))
        : provider.diagnose(answer(status, body), 'create');
    expect([error.code, error.provider, error.hint]).toEqual([code, manifest.id, expect.stringMatching(/\w/)]);
  });

  it('a refused login is no refused key', () => {
    expect(bind(apexmcp, { org: 'a' }).diagnoseMcp(answer(401, {}), 'login').code).toBe('invalid_token');
  });

  it.each([
    [{ 'retry-after': '7', 'x-ratelimit-reset': '90' }, 7],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 30) }, 30],
    [{ 'x-ratelimit-reset': String(NOW + 1_500) }, 2],
    [{ 'x-ratelimit-reset': '90' }, 90],
    [{ 'x-ratelimit-reset': String(NOW / 1000 - 5) }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%o: %s s', (headers, seconds) => {
    expect(retryAfterOf(ai2fin, new Headers(Object.entries(headers)), NOW)).toBe(seconds);
    expect(bind(ai2fin).diagnose(answer(429, {}, headers as Record<string, string>)).retryAfter).toBe(seconds);
  });
});
