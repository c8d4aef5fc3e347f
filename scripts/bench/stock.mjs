/**
 * The sandbox's stock data service in a process of its own. Prints where it is as a line of JSON. Each line on stdin
 * `keys N PREFIX` makes N keys and prints them; `count` prints how many requests there were since the last time, by kind,
 * and forgets them. Ends with stdin.
 */
import { createInterface } from 'node:readline';
import { loadSandbox } from '../stage/sandbox.mjs';

const { startSandbox } = await loadSandbox();
const sandbox = await startSandbox({ services: ['stock-data'] });
const { url, mcpUrl } = sandbox.service('stock-data');
const { email, password } = sandbox.person;
const token = await login();
say({ url, mcpUrl, token });

for await (const line of createInterface({ input: process.stdin })) {
  const [word, count, prefix] = line.split(' ');
  if (word === 'keys') say(await makeKeys(Number(count), prefix));
  if (word === 'count') say(countRequests());
}
await sandbox.close();

function say(value) {
  console.log(JSON.stringify(value));
}

async function post(path, body, headers = {}) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

async function login() {
  return (await post('/api/auth/login', { email, password })).access_token;
}

async function makeKeys(count, prefix) {
  const keys = [];
  for (let at = 0; at < count; at += 1) {
    const body = { key_name: `${prefix}-${at}`, expires_days: 90 };
    const { api_key, key_id } = await post('/api/mcp-keys/create', body, { authorization: `Bearer ${token}` });
    keys.push({ id: key_id, name: body.key_name, secret: api_key });
  }
  return keys;
}

function countRequests() {
  const counts = {};
  for (const { method, path, rpc, status } of sandbox.requests.splice(0)) {
    const kind = [method, path, ...rpc, status].join(' ');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
