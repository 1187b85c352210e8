import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Loopback {
  /** To be given to the issuer. */
  readonly redirectUri: string;
  /** The address that the issuer sent the browser to. Rejects when `close` comes first. */
  readonly callback: Promise<string>;
  close(): void;
}

const page = (title: string, words: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · Amana</title></head>
<body><h1>${title}</h1><p>${words}</p></body></html>
`;

/** Waits on 127.0.0.1, on a port of the system's choice, for the one answer of a sign-in in a browser. RFC 8252 §7.3. */
export async function listenForCallback(): Promise<Loopback> {
  let arrived: (url: string) => void = () => undefined;
  let given: (cause: Error) => void = () => undefined;
  const callback = new Promise<string>((resolve, reject) => {
    arrived = resolve;
    given = reject;
  });
  // Whoever closes early need not have waited for it.
  callback.catch(() => undefined);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', redirectUri);
    if (
      request.method !== 'GET' ||
      url.pathname !== '/callback' ||
      !(url.searchParams.has('code') || url.searchParams.has('error'))
    ) {
      answer(response, 404, page('Nothing here', 'This address waits for the answer of a sign-in.'));
      return;
    }
    const signedIn = url.searchParams.has('code');
    answer(
      response,
      200,
      signedIn
        ? page('Signed in', 'You can close this page and go back to the terminal.')
        : page('Not signed in', 'The terminal says more. You can close this page.'),
    );
    arrived(url.href);
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return {
    redirectUri,
    callback,
    close() {
      given(new Error('the sign-in was given up'));
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(body);
}
