import { describe, expect, test } from 'vitest';
import { discoverResource, discoverServer, readChallenge, serverMetadataUrls } from '../../src/auth/discovery.ts';
import { findGuard } from '../../src/auth/grant.ts';
import { failureOf } from '../conformance/login.ts';
import { loginRequest, testPorts } from '../helpers/login-ports.ts';

type Page = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string };

/** A web of a few pages; what is not among them is 404. `asked` lists method and URL. */
function web(pages: Readonly<Record<string, Page>>) {
  const asked: string[] = [];
  const fetchPage: typeof fetch = async (input, init) => {
    const key = `${init?.method ?? 'GET'} ${String(input)}`;
    asked.push(key);
    const { status = 200, headers = {}, json, text } = pages[key] ?? { status: 404 };
    return new Response(json === undefined ? (text ?? null) : JSON.stringify(json), { status, headers });
  };
  return { asked, ports: { ...testPorts({ fetch: fetchPage }), allowHttp: false } };
}

const MCP = 'https://mcp.example/a/mcp';
const ISSUER = 'https://id.example/t1';
const PRM = { resource: MCP, authorization_servers: [ISSUER] };

describe('the challenge of a 401', () => {
  test.each([
    ['Bearer resource_metadata="https://a/x", scope="a b"', { resource_metadata: 'https://a/x', scope: 'a b' }],
    ['bearer realm="x",scope=a', { realm: 'x', scope: 'a' }],
    ['Basic realm="y", Bearer scope="a"', { scope: 'a' }],
    ['Bearer error_description="say \\"no\\"", scope="a"', { error_description: 'say "no"', scope: 'a' }],
    ['Bearer', {}],
    ['DPoP algs="ES256"', {}],
    ['', {}],
  ])('%s', (header, parameters) => {
    expect(readChallenge(header)).toEqual(parameters);
  });
});

describe('the protected resource', () => {
  test('the challenge says where, and its scope goes before those that the resource lists', async () => {
    const { ports, asked } = web({
      [`POST ${MCP}`]: {
        status: 401,
        headers: { 'www-authenticate': 'Bearer resource_metadata="https://mcp.example/prm", scope="s1 s2"' },
      },
      'GET https://mcp.example/prm': { json: { ...PRM, scopes_supported: ['s3'] } },
    });
    expect(await discoverResource(MCP, ports)).toEqual({ resource: MCP, issuer: ISSUER, scopes: ['s1', 's2'] });
    expect(asked).toEqual([`POST ${MCP}`, 'GET https://mcp.example/prm']);
  });

  test('without a challenge: the well-known place with the path, then without it', async () => {
    const { ports, asked } = web({
      'GET https://mcp.example/.well-known/oauth-protected-resource': {
        json: { ...PRM, resource: 'https://mcp.example', scopes_supported: ['s3'] },
      },
    });
    expect(await discoverResource(MCP, ports)).toEqual({
      resource: 'https://mcp.example',
      issuer: ISSUER,
      scopes: ['s3'],
    });
    expect(asked.slice(-2)).toEqual([
      'GET https://mcp.example/.well-known/oauth-protected-resource/a/mcp',
      'GET https://mcp.example/.well-known/oauth-protected-resource',
    ]);
  });

  test.each(['https://other.example/a/mcp', 'https://mcp.example/b', 'https://mcp.example/a/mc', 'no URL'])(
    'a resource %s is refused',
    async (resource) => {
      const { ports } = web({
        'GET https://mcp.example/.well-known/oauth-protected-resource': { json: { ...PRM, resource } },
      });
      expect((await failureOf(discoverResource(MCP, ports))).code).toBe('bad_response');
    },
  );

  test('nothing to be found is a value', async () => {
    expect(await discoverResource(MCP, web({}).ports)).toBeUndefined();
  });
});

describe('the authorization server', () => {
  test.each([
    ['https://a', ['https://a/.well-known/oauth-authorization-server', 'https://a/.well-known/openid-configuration']],
    [
      'https://a/t1',
      [
        'https://a/.well-known/oauth-authorization-server/t1',
        'https://a/.well-known/openid-configuration/t1',
        'https://a/t1/.well-known/openid-configuration',
      ],
    ],
  ])('places of %s, in this order', (issuer, urls) => {
    expect(serverMetadataUrls(issuer)).toEqual(urls);
  });

  test('the first that is there is taken', async () => {
    const { ports } = web({
      'GET https://id.example/.well-known/openid-configuration/t1': {
        json: { issuer: ISSUER, token_endpoint: 'https://id.example/token' },
      },
    });
    expect(await discoverServer(ISSUER, ports)).toMatchObject({ issuer: ISSUER });
  });

  test.each([
    ['another issuer', { json: { issuer: 'https://evil.example' } }, 'bad_response', /evil/],
    ['its own with a slash more', { json: { issuer: `${ISSUER}/` } }, 'bad_response', /not of/],
    ['no metadata', { json: { issuer: 7 } }, 'bad_response', /issuer/],
    ['HTML', { text: '<html>' }, 'unsupported', /publishes no/],
    ['500', { status: 500 }, 'server_error', /500/],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example/' } }, 'unsupported', /publishes no/],
    ['2 MB', { text: ' '.repeat(2 << 20) }, 'bad_response', /longer/],
  ] as const)('%s is refused', async (_title, page, code, message) => {
    const { ports, asked } = web({ 'GET https://id.example/.well-known/oauth-authorization-server/t1': page });
    const error = await failureOf(discoverServer(ISSUER, ports));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(asked.join(' ')).not.toContain('evil');
  });
});

describe('what a login asks for', () => {
  const pages = {
    'GET https://mcp.example/.well-known/oauth-protected-resource/a/mcp': {
      json: { ...PRM, scopes_supported: ['s3'] },
    },
    'GET https://id.example/.well-known/oauth-authorization-server/t1': { json: { issuer: ISSUER } },
  };

  test('the resource as it is published, and all its scopes', async () => {
    const guard = await findGuard(loginRequest({ mcpUrl: MCP }), web(pages).ports);
    expect(guard).toMatchObject({ resource: MCP, scope: 's3' });
  });

  test('the scopes of the person before all', async () => {
    const guard = await findGuard(loginRequest({ mcpUrl: MCP, scopes: ['mine'] }), web(pages).ports);
    expect(guard.scope).toBe('mine');
  });

  test('without metadata of the resource, its own origin is the issuer', async () => {
    const { ports } = web({
      'GET https://mcp.example/.well-known/oauth-authorization-server': { json: { issuer: 'https://mcp.example' } },
    });
    const guard = await findGuard(loginRequest({ mcpUrl: `${MCP}#top` }), ports);
    expect(guard).toEqual({ server: { issuer: 'https://mcp.example' }, resource: MCP, scope: undefined });
  });

  test('fixed endpoints need no discovery', async () => {
    const { ports, asked } = web({});
    const request = loginRequest({ endpoints: { tokenEndpoint: 'https://gate.example/oauth/token' }, scopes: ['a'] });
    expect(await findGuard(request, ports)).toMatchObject({
      server: { issuer: 'https://gate.example', token_endpoint: 'https://gate.example/oauth/token' },
      scope: 'a',
    });
    expect(asked).toEqual([]);
  });
});
