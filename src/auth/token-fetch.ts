/** How requests for tokens are sent: patiently, bounded, and with the misplaced errors of some servers put right. */
import { patiently } from './patience.ts';
import { type AuthPorts, guardedFetch, networkError, readBounded } from './transport.ts';

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

type Ports = AuthPorts & { readonly allowHttp: boolean };

/** A poll for a device code has a pace of its own; client credentials may be sent twice, what its use uses up may not. */
export function tokenFetch(ports: Ports): (url: string, init: RequestInit) => Promise<Response> {
  const send = guardedFetch(ports, ports.allowHttp);
  return (url, init) => {
    const grant = init.body instanceof URLSearchParams ? init.body.get('grant_type') : undefined;
    return patiently(grant === DEVICE_GRANT ? undefined : ports.patience, grant === 'client_credentials', async () => {
      try {
        return await plainAnswer(await send(url, init), url);
      } catch (error) {
        throw networkError(error, ports.signal, url);
      }
    });
  };
}

/** Reads a bounded answer. Some servers answer a poll with status 200 and an `error` (GitHub); RFC 6749 §5.2 has it 400. */
async function plainAnswer(response: Response, url: string): Promise<Response> {
  const text = await readBounded(response, url);
  const { headers } = response;
  const misplaced = response.status === 200 && /"error"\s*:\s*"/.test(text) && !/"access_token"\s*:/.test(text);
  return new Response(text === '' ? null : text, { status: misplaced ? 400 : response.status, headers });
}
