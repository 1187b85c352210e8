/** As much of a browser as a page of forms needs: cookies by path, redirects one at a time. */
export class Browser {
  private readonly cookies = new Map<
    string,
    { readonly name: string; readonly value: string; readonly path: string }
  >();

  async get(url: string | URL): Promise<Response> {
    return this.visit(new URL(url), {});
  }

  /** Sends a form that no page showed. */
  async post(url: string, body: URLSearchParams): Promise<Response> {
    return this.visit(new URL(url), { method: 'POST', body });
  }

  /** Sends the page's only form, its hidden fields as they are. */
  async submit(page: Response, fields: Record<string, string>): Promise<Response> {
    const html = await page.text();
    const action = /<form [^>]*\baction="([^"]*)"/.exec(html)?.[1];
    if (action === undefined) throw new Error(`no form in ${html}`);
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      body.set(name, value);
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return this.visit(new URL(action, page.url), { method: 'POST', body });
  }

  /** Follows redirects within the origin of `response`; returns the page, or the redirect that leads elsewhere. */
  async follow(response: Response): Promise<Response> {
    let current = response;
    for (
      let target = locationOf(current);
      target?.origin === new URL(current.url).origin;
      target = locationOf(current)
    ) {
      current = await this.get(target);
    }
    return current;
  }

  private async visit(url: URL, init: RequestInit): Promise<Response> {
    const sent = [...this.cookies.values()].filter(({ path }) =>
      `${url.pathname}/`.startsWith(path.replace(/\/?$/, '/')),
    );
    const cookie = sent.map(({ name, value }) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const path = /; ?path=([^;]*)/i.exec(line)?.[1] ?? '/';
      const expires = Date.parse(/; ?expires=([^;]*)/i.exec(line)?.[1] ?? '');
      if (expires < Date.now()) this.cookies.delete(`${name} ${path}`);
      else this.cookies.set(`${name} ${path}`, { name, value, path });
    }
    return response;
  }
}

/** Where a redirect leads; undefined when the response is none. */
export function locationOf(response: Response): URL | undefined {
  const location = response.headers.get('location');
  return location === null ? undefined : new URL(location, response.url);
}
