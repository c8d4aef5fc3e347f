/** Where a credential may go in clear: this machine alone. */

/** True for `localhost`, names below it, 127.0.0.0/8 and `[::1]`, written as `URL.hostname` writes them. */
export const isLoopback = (hostname: string) =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(hostname);
