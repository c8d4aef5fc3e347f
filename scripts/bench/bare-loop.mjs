/**
 * The least that replacing keys can cost: the same HTTP calls as `mcpkey rotate --all` makes, with the same concurrency,
 * and for each key one encryption with age, one file written atomically with fsync, and read back. No journal, no lock,
 * no ledger: what is killed here loses a key. Takes one JSON document on stdin: `keys` (id, name, secret), `url`,
 * `mcpUrl`, `token`, `recipient`, `folder`, `concurrency`.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Encrypter } from 'age-encryption';

const { keys, url, mcpUrl, token, recipient, folder, concurrency } = JSON.parse(await text(process.stdin));
const PROTOCOL = '2025-11-25';
const queue = keys.values();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (const key of queue) await rotate(key);
  }),
);

async function rotate(key) {
  const name = `${key.name}-mk${randomBytes(4).toString('hex')}`;
  const made = await api('create', { key_name: name, expires_days: 90 });
  await keep(made.key_id, made.api_key);
  const status = await probe(made.api_key);
  if (status !== 200) throw new Error(`the new key was answered with ${status}`);
  await api('revoke', { key_id: key.id });
  const refused = await probe(key.secret);
  if (refused !== 401) throw new Error(`the old key was answered with ${refused}`);
}

async function api(verb, body) {
  const response = await fetch(`${url}/api/mcp-keys/${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!answer.success) throw new Error(`${verb}: ${answer.message}`);
  return answer;
}

/** Status of `tools/list`. */
async function probe(key) {
  const clientInfo = { name: 'bare-loop', version: '1' };
  await rpc(key, { id: 1, method: 'initialize', params: { protocolVersion: PROTOCOL, capabilities: {}, clientInfo } });
  await rpc(key, { method: 'notifications/initialized' });
  return rpc(key, { id: 2, method: 'tools/list' });
}

async function rpc(key, message) {
  const response = await fetch(mcpUrl, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      ...(message.method === 'initialize' ? {} : { 'mcp-protocol-version': PROTOCOL }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  await response.text();
  return response.status;
}

async function keep(id, secret) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(secret);
  const path = join(folder, `${id}.age`);
  const file = await open(`${path}.tmp`, 'wx', 0o600);
  await file.writeFile(sealed);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
  const parent = await open(folder);
  await parent.sync();
  await parent.close();
  if (!Buffer.from(sealed).equals(await readFile(path))) throw new Error(`${path} is not what was written`);
}
