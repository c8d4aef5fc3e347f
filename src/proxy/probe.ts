/** The probe: one real check of a credential at an MCP endpoint. Good only when `tools/list` was answered with it. */
import type { McpAccess } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { createEras } from './eras.ts';
import { ACCEPT_BOTH } from './headers.ts';
import { type ProbePorts, probeCall } from './probe-call.ts';
import { type ProbeResult, runProbe } from './probe-steps.ts';

export type { ProbePorts } from './probe-call.ts';
export type { ProbeResult } from './probe-steps.ts';

/** Milliseconds for the farewell; a session that is not ended ends by itself. */
const LEAVING = 2_000;

/** Probes `access` with `credential` (undefined: without any), in the era that this URL answered to last time. */
export async function probe(
  access: McpAccess,
  credential: Secret | undefined,
  ports: ProbePorts,
): Promise<ProbeResult> {
  const { context, provider } = ports;
  const eras = createEras(context.paths);
  const base = { accept: ACCEPT_BOTH, 'content-type': 'application/json' };
  const { result, era } = await runProbe(
    {
      diagnoser: provider,
      ask: (message, headers) => probeCall(ports, { access, credential }, message, { ...base, ...headers }),
      async leave(headers) {
        const credentials = credential && {
          ...access.headers(credential),
          ...access.sign?.(credential, '', context.now()),
        };
        const leaving = new AbortController();
        const late = setTimeout(() => leaving.abort(), LEAVING);
        const init = { method: 'DELETE', headers: { ...headers, ...credentials }, signal: leaving.signal } as const;
        await context.fetch((credential && access.address?.(credential)) ?? access.url, init).then(
          (response) => response.body?.cancel(),
          () => undefined,
        );
        clearTimeout(late);
      },
    },
    (await eras.get(access.url)) ?? 'legacy',
  );
  if (era !== undefined) await eras.set(access.url, era);
  return result;
}
