/**
 * What a person does in a service's dashboard: as functions for tests, and as a small page at `/dashboard` for people.
 * The page is open to whoever reaches the loopback port: the sandbox guards nothing of value.
 */
import { html, json, notFound } from './replies.ts';
import type { SandboxRequest } from './request.ts';
import type { NewKey, SandboxKey, Shelf } from './shelf.ts';

export interface Dashboard {
  /** Makes a key as a person would. Throws where the service refuses (one key at a time). */
  create(input: NewKey): SandboxKey;
  /** The person presses Revoke next to this key (its id or its secret). Throws where there is no such active key. */
  revoke(idOrSecret: string): void;
}

export interface DashboardRules {
  readonly title: string;
  /** Says why a key may not be made now; undefined: it may. */
  refuse?(): string | undefined;
}

export interface DashboardSite extends Dashboard {
  /** Answers requests below `/dashboard`; undefined for all others. */
  page(request: SandboxRequest): Response | undefined;
}

export function createDashboard(shelf: Shelf, rules: DashboardRules): DashboardSite {
  const dashboard: Dashboard = {
    create(input) {
      const reason = rules.refuse?.();
      if (reason !== undefined) throw new Error(reason);
      return shelf.add(input);
    },
    revoke(idOrSecret) {
      const key = shelf.active.find((candidate) => candidate.id === idOrSecret || candidate.secret === idOrSecret);
      if (key === undefined) throw new Error(`${rules.title} has no active key with that id`);
      shelf.revoke(key.id);
    },
  };
  return { ...dashboard, page: (request) => answerPage(dashboard, shelf, rules, request) };
}

function answerPage(
  dashboard: Dashboard,
  shelf: Shelf,
  rules: DashboardRules,
  request: SandboxRequest,
): Response | undefined {
  if (!request.path.startsWith('/dashboard')) return undefined;
  const form = new URLSearchParams(request.text);
  switch (`${request.method} ${request.path}`) {
    case 'GET /dashboard':
      return html(200, keyPage(shelf, rules, ''));
    case 'POST /dashboard/keys':
      return attempt(() => {
        const key = dashboard.create(readForm(form));
        const made = `<p>Copy your new key now, it is shown only once:</p><pre>${escaped(key.secret)}</pre>`;
        return wantsJson(request) ? json(201, { id: key.id, key: key.secret }) : html(201, keyPage(shelf, rules, made));
      });
    case 'POST /dashboard/revoke':
      return attempt(() => {
        dashboard.revoke(form.get('id') ?? '');
        return html(200, keyPage(shelf, rules, '<p>Revoked.</p>'));
      });
    default:
      return notFound();
  }
}

const wantsJson = (request: SandboxRequest): boolean => request.headers.accept === 'application/json';

function attempt(work: () => Response): Response {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) return html(409, `<p>${escaped(error.message)}</p>`);
    throw error;
  }
}

function readForm(form: URLSearchParams): NewKey {
  const days = Number(form.get('days') ?? '');
  const words = (name: string): string[] => (form.get(name) ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return {
    name: form.get('name') ?? 'key',
    scopes: words('scopes'),
    allowedIps: words('allowedIps'),
    expires: days > 0 ? new Date(Date.now() + days * 86_400_000) : null,
  };
}

function keyPage(shelf: Shelf, rules: DashboardRules, notice: string): string {
  const rows = shelf.active.map(
    (key) =>
      `<tr><td>${escaped(key.name)}<td>${escaped(key.scopes.join(' '))}<td>${escaped(key.secret.slice(0, 12))}…` +
      `<td><form method="post" action="/dashboard/revoke"><input type="hidden" name="id" value="${escaped(key.id)}">` +
      '<button>Revoke</button></form>',
  );
  const fields = ['name', 'scopes', 'days', 'allowedIps'].map(
    (name) => `<label>${name} <input name="${name}"></label> `,
  );
  return (
    `<title>${escaped(rules.title)}</title><h1>${escaped(rules.title)}: API keys</h1>${notice}` +
    `<table>${rows.join('')}</table>` +
    `<form method="post" action="/dashboard/keys">${fields.join('')}<button>Create New API Key</button></form>`
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
