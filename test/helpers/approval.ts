/** A person at the authorization server, without a browser: keeps cookies, follows redirects, fills in its forms. */
const ACCOUNT = 'ann';
const MAX_REDIRECTS = 10;

interface Page {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

interface Visitor {
  get(url: string | URL): Promise<Page>;
  post(url: string | URL, form: Readonly<Record<string, string>>): Promise<Page>;
}

/** Approves a device login as `ann`, or refuses it. `uri` is `verification_uri_complete`. */
export async function approveDevice(uri: string, options: { deny?: boolean } = {}): Promise<void> {
  const visitor = createVisitor(new URL(uri).origin);
  const start = await visitor.get(uri);
  const code = new URL(uri).searchParams.get('user_code') ?? '';
  const form = { xsrf: hiddenField(start.text, 'xsrf'), user_code: code };
  const device = new URL('/device', uri);
  const confirm = await visitor.post(device, form);
  if (options.deny)
    return void (await visitor.post(device, { ...form, xsrf: hiddenField(confirm.text, 'xsrf'), abort: 'yes' }));
  const login = await visitor.post(device, { ...form, xsrf: hiddenField(confirm.text, 'xsrf'), confirm: 'yes' });
  const end = await signIn(visitor, login);
  if (end.status !== 200 || !/success/i.test(end.text))
    throw new Error(`The device login was not approved: ${end.status} ${end.url}`);
}

/** Approves an authorization request as `ann` and calls the client's redirect URI, which it resolves to. */
export async function approveBrowser(url: string): Promise<URL> {
  const visitor = createVisitor(new URL(url).origin);
  const first = await visitor.get(url);
  const end = first.url.origin === new URL(url).origin ? await signIn(visitor, first) : first;
  if (end.url.origin === new URL(url).origin) throw new Error(`The login ended at ${end.url}: ${end.status}`);
  return end.url;
}

/** The login page and the consent page; either may have been answered before. */
async function signIn(visitor: Visitor, page: Page): Promise<Page> {
  let current = page;
  for (const form of [{ prompt: 'login', login: ACCOUNT, password: 'x' }, { prompt: 'consent' }]) {
    if (!current.url.pathname.startsWith('/interaction/')) break;
    if (!current.text.includes(`value="${form.prompt}"`)) continue;
    current = await visitor.post(current.url, form);
  }
  return current;
}

function hiddenField(html: string, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1];
  if (!value) throw new Error(`The page has no field ${name}.`);
  return value;
}

/** Redirects within `origin` keep the cookies; one that leaves it is called as it is and ends the way. */
function createVisitor(origin: string): Visitor {
  const cookies = new Map<string, string>();
  const send = async (url: string | URL, init: RequestInit): Promise<Page> => {
    let current = new URL(url);
    let request = init;
    for (let step = 0; step < MAX_REDIRECTS; step += 1) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(current, {
        ...request,
        redirect: 'manual',
        headers: { cookie, connection: 'close' },
      });
      const text = await response.text();
      keepCookies(cookies, response.headers);
      const location = response.headers.get('location');
      if (!location) return { url: current, status: response.status, text };
      current = new URL(location, current);
      request = { method: 'GET' };
      if (current.origin !== origin) {
        const answer = await fetch(current, { redirect: 'manual' });
        return { url: current, status: answer.status, text: await answer.text() };
      }
    }
    throw new Error(`More than ${MAX_REDIRECTS} redirects from ${url}.`);
  };
  return {
    get: (url) => send(url, { method: 'GET' }),
    post: (url, form) => send(url, { method: 'POST', body: new URLSearchParams(form) }),
  };
}

function keepCookies(cookies: Map<string, string>, headers: Headers): void {
  for (const line of headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    const value = pair.slice(at + 1);
    if (value === '') cookies.delete(pair.slice(0, at));
    else cookies.set(pair.slice(0, at), value);
  }
}
