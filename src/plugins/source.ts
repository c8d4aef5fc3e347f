/** Takes a provider's text from where a person named it: a file, or an https address. */
import { resolve } from 'node:path';
import { readBounded } from '../api/body.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { readText } from '../system/files.ts';
import { networkFault } from '../system/network-faults.ts';

export interface ProviderSource {
  /** Absolute path, or the address. */
  readonly from: string;
  readonly kind: 'json' | 'mjs';
  readonly text: string;
}

const MAX_BYTES = 1024 * 1024;

type Needs = Pick<Context, 'cwd' | 'fetch'>;

/** Throws `not_found`, `usage` (plain http, a module by address), `unreachable`, `bad_response`. */
export async function readSource(context: Needs, named: string): Promise<ProviderSource> {
  if (/^https?:\/\//i.test(named)) return { from: named, kind: 'json', text: await download(context, named) };
  const path = resolve(context.cwd, named);
  const text = await readText(path);
  if (text === undefined)
    throw new UserError('not_found', `There is no file ${path}.`, { hint: 'mcpkey provider init' });
  return { from: path, kind: path.endsWith('.mjs') ? 'mjs' : 'json', text };
}

async function download(context: Needs, address: string): Promise<string> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new UserError('usage', 'A provider is taken from a file, or from an https address without a password.', {
      hint: 'mcpkey provider add FILE',
    });
  }
  if (url.pathname.endsWith('.mjs')) {
    throw new UserError('usage', 'A provider that is a program is taken from a file alone.', {
      hint: 'Read it first, then: mcpkey provider add FILE',
    });
  }
  try {
    const response = await context.fetch(url);
    if (response.status === 200) return await readBounded(response, MAX_BYTES);
    await response.body?.cancel();
    throw new UserError('bad_response', `${url.href} answered HTTP ${response.status}, not a provider.`, {
      status: response.status,
    });
  } catch (error) {
    const fault = networkFault(error);
    if (!fault) throw error;
    throw new UserError('unreachable', `${url.origin} could not be reached: ${fault.what}.`, {
      hint: fault.hint,
      cause: error,
    });
  }
}
