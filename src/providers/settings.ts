/** Fills in and checks the profile's fields that a manifest asks for. */
import { UserError } from '../errors.ts';
import { isLoopback } from '../origins.ts';
import type { Manifest, ProfileFieldId } from './manifest.ts';
import { fillUrl, type TemplateInputs } from './templates.ts';
import type { ProviderSettings } from './types.ts';

/** How each field is typed on the command line. */
const OPTIONS: Readonly<Record<ProfileFieldId, string>> = {
  url: '--url URL',
  mcpUrl: '--mcp-url URL',
  org: '--org ORG',
  header: '--header NAME',
  dashboard: '--dashboard URL',
  keyPattern: '--key-pattern RE',
  command: '--command COMMAND',
  variable: '--env VAR',
};
/** RFC 9110, section 5.6.2. */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:: ?[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `settings` with the manifest's defaults. Throws `usage` where a field is missing, unknown or wrong. */
export function fillSettings(manifest: Manifest, settings: ProviderSettings): ProviderSettings {
  const url = checkUrl(manifest, 'url', settings.url ?? defaultOf(manifest, 'url', settings), settings);
  const withUrl = { ...settings, url };
  const mcpUrl = checkUrl(manifest, 'mcpUrl', settings.mcpUrl ?? defaultOf(manifest, 'mcpUrl', withUrl), settings);
  const filled: ProviderSettings = { ...withUrl, mcpUrl };
  checkUrl(manifest, 'dashboard', settings.dashboard, settings);
  checkPresence(manifest, filled);
  checkForms(manifest, filled);
  return filled;
}

function defaultOf(manifest: Manifest, field: 'url' | 'mcpUrl', settings: ProviderSettings): string | undefined {
  const template = manifest.profile[field]?.default;
  return template === undefined ? undefined : fillUrl(template, templateFields(settings));
}

/** What a template may use of the profile. */
export function templateFields(settings: ProviderSettings): TemplateInputs {
  const { url, mcpUrl, org, header, dashboard, variable } = settings;
  const parsed = url === undefined ? undefined : parseUrl(url);
  const parts = parsed && {
    urlScheme: parsed.protocol.slice(0, -1),
    urlHost: parsed.host,
    urlHostname: parsed.hostname,
  };
  const site = dashboard ?? (mcpUrl === undefined ? undefined : parseUrl(mcpUrl)?.origin);
  return { url, mcpUrl, org, header, dashboard, variable, site, ...parts };
}

const parseUrl = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);

function checkUrl(
  manifest: Manifest,
  field: 'url' | 'mcpUrl' | 'dashboard',
  value: string | undefined,
  settings: ProviderSettings,
): string | undefined {
  if (value === undefined) return undefined;
  const parsed = parseUrl(value);
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    throw wrong(manifest, field, 'is no http or https URL');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw wrong(
      manifest,
      field,
      'holds a user name or a password',
      'Leave it out of the URL: a URL is stored and shown in clear.',
    );
  }
  if (field !== 'dashboard' && parsed.protocol === 'http:' && !isLoopback(parsed.hostname) && !settings.allowHttp) {
    throw wrong(
      manifest,
      field,
      `is plain http to ${parsed.hostname}`,
      'Use https, or allow it for this profile with --allow-http.',
    );
  }
  return field === 'url' ? value.replace(/[?#].*$/, '').replace(/\/+$/, '') : value.replace(/#.*$/, '');
}

function checkPresence(manifest: Manifest, settings: ProviderSettings): void {
  const { anyOf, ...fields } = manifest.profile;
  for (const [field, spec] of Object.entries(fields)) {
    if (!isField(field) || !spec?.required || has(settings, field)) continue;
    const example = spec.example ? `, such as ${spec.example}` : '';
    throw new UserError('usage', `${manifest.title} needs ${OPTIONS[field]}${example}.`, {
      provider: manifest.id,
      hint: spec.summary ?? OPTIONS[field],
    });
  }
  if (anyOf && !anyOf.some((set) => set.every((field) => has(settings, field)))) {
    const sets = anyOf.map((set) => set.map((field) => OPTIONS[field]).join(' with ')).join(', or ');
    throw new UserError('usage', `${manifest.title} needs ${sets}.`, {
      provider: manifest.id,
      hint: `mcpkey provider show ${manifest.id}`,
    });
  }
}

const isField = (name: string): name is ProfileFieldId => Object.hasOwn(OPTIONS, name);
const has = (settings: ProviderSettings, field: ProfileFieldId) =>
  settings[field] !== undefined && settings[field] !== '';

function checkForms(manifest: Manifest, settings: ProviderSettings): void {
  const allowed = manifest.profile.org?.enum;
  if (settings.org !== undefined && allowed && !allowed.includes(settings.org)) {
    throw wrong(manifest, 'org', `is none of: ${allowed.join(', ')}`);
  }
  if (settings.header !== undefined && !HEADER.test(settings.header)) {
    throw wrong(manifest, 'header', 'is no header name', "--header X-API-Key, or: --header 'Authorization: Bearer'");
  }
  if (settings.variable !== undefined && !VARIABLE.test(settings.variable)) {
    throw wrong(manifest, 'variable', 'is no name of an environment variable');
  }
  if (settings.sign && !manifest.mcp.signing) {
    throw new UserError('usage', `${manifest.title} signs no requests.`, {
      provider: manifest.id,
      hint: 'Leave --sign out.',
    });
  }
  if (settings.keyPattern === undefined) return;
  try {
    new RegExp(settings.keyPattern);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrong(manifest, 'keyPattern', 'is no regular expression', error.message);
  }
}

function wrong(manifest: Manifest, field: ProfileFieldId, what: string, hint?: string): UserError {
  const option = OPTIONS[field].split(' ')[0];
  const example = manifest.profile[field]?.example;
  return new UserError('usage', `The value of ${option} ${what}.`, {
    provider: manifest.id,
    hint: hint ?? (example === undefined ? OPTIONS[field] : `${option} ${example}`),
  });
}
