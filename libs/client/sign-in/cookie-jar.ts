interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** The cookies of one host, as far as a login form needs them: path, deletion by expiry; no domains. RFC 6265. */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>();

  /** Takes what a response from `url` sets. */
  take(url: URL, headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const split = pair.indexOf('=');
      if (split < 1) continue;
      const name = pair.slice(0, split);
      const attribute = (wanted: string): string | undefined =>
        attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
      const path = attribute('path') ?? url.pathname.replace(/\/[^/]*$/, '/');
      const expires = Date.parse(attribute('expires') ?? '');
      const gone = attribute('max-age') === '0' || expires < Date.now();
      const key = `${name};${path}`;
      if (gone) this.cookies.delete(key);
      else this.cookies.set(key, { value: pair, path });
    }
  }

  /** The `Cookie` header of a request to `url`; empty when there is nothing to send. */
  header(url: URL): string {
    const sent = [...this.cookies.values()].filter(({ path }) => covers(path, url.pathname));
    return sent.map(({ value }) => value).join('; ');
  }
}

function covers(path: string, requested: string): boolean {
  return requested === path || requested.startsWith(path.endsWith('/') ? path : `${path}/`);
}
