/** How a credential goes to the MCP endpoint: URL, headers, signature. */
import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.ts';
import type { CredentialPlacement, Manifest, RequestSigning } from './manifest.ts';
import { templateFields } from './settings.ts';
import { fillText, fillUrl } from './templates.ts';
import type { McpAccess, ProviderSettings } from './types.ts';

/** Undefined where the endpoint does not take this kind of credential, or there is none (a local server). */
export function mcpAccess(
  manifest: Manifest,
  settings: ProviderSettings,
  kind: 'key' | 'login',
): McpAccess | undefined {
  const placement = manifest.mcp[kind];
  const filled = placement && fillUrl(placement.url, templateFields(settings));
  if (!placement || filled === undefined) return undefined;
  const { header, scheme } = kind === 'key' ? keyHeader(manifest, settings, placement) : placement;
  const { signing } = manifest.mcp;
  const url = withSuffix(filled, placement.suffix);
  const { query } = settings;
  if (query !== undefined && manifest.profile.header) {
    return {
      url,
      headers: () => ({ ...settings.headers }),
      address: (credential) => withParameter(url, query, credential),
    };
  }
  return {
    url,
    headers: (credential) => ({
      ...(manifest.profile.header && settings.headers),
      [header]: `${scheme ? `${scheme} ` : ''}${credential.reveal()}`,
    }),
    sign:
      settings.sign && signing && kind === 'key'
        ? (credential, body, now) => signatureHeaders(signing, credential, body, now)
        : undefined,
  };
}

/** `--header NAME` or `NAME: SCHEME` goes before the manifest, where it lets the profile choose. */
function keyHeader(manifest: Manifest, settings: ProviderSettings, placement: CredentialPlacement) {
  if (!settings.header || !manifest.profile.header) return placement;
  const [header = '', scheme] = settings.header.split(/:\s*/);
  return { header, scheme };
}

function withParameter(url: string, name: string, credential: Secret): string {
  const parsed = new URL(url);
  parsed.searchParams.set(name, credential.reveal());
  return parsed.href;
}

function withSuffix(url: string, suffix: string | undefined): string {
  if (suffix === undefined) return url;
  const parsed = new URL(url);
  const path = parsed.pathname.replace(/\/+$/, '');
  if (!path.endsWith(suffix)) parsed.pathname = `${path}${suffix}`;
  return parsed.href;
}

/** Headers that sign `body`; `now` in ms. The key itself is the HMAC's key. */
export function signatureHeaders(
  signing: RequestSigning,
  credential: Secret,
  body: string,
  now: number,
): Record<string, string> {
  const timestamp = String(signing.timestamp === 'unix-seconds' ? Math.floor(now / 1_000) : now);
  const hmac = createHmac('sha256', credential.reveal());
  hmac.update(signedText(signing.payload, timestamp, body));
  return { [signing.timestampHeader]: timestamp, [signing.signatureHeader]: hmac.digest(signing.encoding) };
}

/** An empty body is signed as such, so it is no missing input here. */
const signedText = (template: string, timestamp: string, body: string) =>
  body === ''
    ? (fillText(template.replace('{body}', ''), { timestamp }) ?? '')
    : (fillText(template, { timestamp, body }) ?? '');
