import { isLoopback } from '../origins.ts';
import { failure, ok, skipped, together } from './findings.ts';
import type { Asked } from './scope/reach.ts';
import { remedyOf } from './scope/words.ts';
import { eachProfile } from './subjects.ts';
import type { Check, Finding } from './types.ts';

export const check: Check = {
  id: 'profile.tls',
  title: 'The connection is encrypted',
  looksAt:
    'The certificates of each profile’s addresses, as this machine judges them; and plain http to another machine.',
  error: 'The certificate is not accepted here, or a key would go over the network in clear.',
  remedies: [
    'Behind a company’s own authority: NODE_EXTRA_CA_CERTS=FILE.',
    'Check this machine’s clock: a certificate has a beginning and an end.',
    'Plain http is for a network that you trust, and asked for with --allow-http.',
  ],
  looks: eachProfile(async (profile, scope) => {
    const { mcp, api } = await scope.reach(profile);
    const asked = [mcp, api].flatMap((one) => one ?? []);
    const findings = asked.map((one) => look(one, profile.allowHttp ?? false));
    return together(findings, 'A local server has no connection.');
  }),
};

function look({ url, error }: Asked, allowed: boolean): Finding {
  const { protocol, host, hostname } = new URL(url);
  if (protocol === 'http:') {
    if (isLoopback(hostname)) return ok(`${host} is this machine.`);
    if (allowed) return ok(`Plain http to ${host}, as asked for with --allow-http.`);
    return failure(`Plain http to ${host}.`, 'Use an https:// address.');
  }
  if (!error) return ok(`The certificate of ${host} is accepted.`);
  return /TLS/.test(error.message) ? failure(error.message, remedyOf(error)) : skipped(`${host} does not answer.`);
}
