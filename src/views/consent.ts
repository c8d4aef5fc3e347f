import type { Context } from '../context.ts';
import type { Consent } from '../plugins/install.ts';
import { hostsOf } from '../plugins/summary.ts';
import { hostInWords } from './providers.ts';

const OTHERWISE = { hint: 'Add --yes to agree beforehand.' };

/** Shows which hosts a provider may talk to, and asks. */
export function consentOf({ io }: Pick<Context, 'io'>): Consent {
  return {
    mayRun(path) {
      io.say(`${path} is a program: it runs with your rights whenever its provider is used.`);
      return io.confirm('Run it?', OTHERWISE);
    },
    mayAdd(entry, before) {
      const hosts = hostsOf(entry.manifest);
      const known = before ? hostsOf(before.manifest) : [];
      io.say(`${entry.manifest.title} (${entry.id}) may talk to:`);
      for (const host of hosts) io.say(`  ${hostInWords(host)}${before && !known.includes(host) ? '   (new)' : ''}`);
      if (hosts.length === 0) io.say('  no host of its own');
      return io.confirm(before ? `Update "${entry.id}"?` : `Add "${entry.id}"?`, OTHERWISE);
    },
  };
}
