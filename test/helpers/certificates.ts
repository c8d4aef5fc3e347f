import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from './folder.ts';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** An authority of its own, a server's certificate for 127.0.0.1 and a client's; made with openssl, for a day. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await emptyFolder();
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=ca', '-days', '1');
  // etcd's gateway speaks to etcd itself with the server's certificate: so it is one of a client as well.
  writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n');
  const issue = (name: string) => {
    openssl('req', ...newKey, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/O=${name}`);
    const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-out', at(`${name}.pem`), ...authority, '-extfile', at('ext'));
    return { cert: at(`${name}.pem`), key: at(`${name}.key`) };
  };
  return { ca: at('ca.pem'), server: issue('server'), client: issue('client') };
}
