/** The few kinds of answer that the services give. */
import type { SandboxRequest } from './request.ts';
import { rpcId } from './request.ts';

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

export function html(status: number, body: string): Response {
  return new Response(`<!doctype html><meta charset="utf-8">${body}`, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'" },
  });
}

export interface RpcFault {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
  readonly headers?: Record<string, string>;
}

/** A JSON-RPC error under the id of the request. */
export function rpcError(request: SandboxRequest, fault: RpcFault): Response {
  const error = { code: fault.code, message: fault.message, ...(fault.data === undefined ? {} : { data: fault.data }) };
  return json(fault.status, { jsonrpc: '2.0', id: rpcId(request), error }, fault.headers ?? {});
}

export const notFound = (): Response => json(404, { detail: 'Not Found' });

/** The well-known place of RFC 9728 §3.1 for a resource, and what stands there. */
export function protectedResource(
  resource: string,
  issuer: string,
  scopes: readonly string[],
): { path: string; reply(): Response } {
  const { pathname } = new URL(resource);
  return {
    path: `/.well-known/oauth-protected-resource${pathname}`,
    reply: () =>
      json(200, {
        resource,
        authorization_servers: [issuer],
        scopes_supported: [...scopes],
        bearer_methods_supported: ['header'],
      }),
  };
}
