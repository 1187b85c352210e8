import { createHash } from 'node:crypto';
import { PROBLEMS } from '#domain/contract';

export const STYLE = `:root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}
body{margin:0;background:light-dark(#eef1f4,#14181d)}
main{box-sizing:border-box;width:min(46rem,100% - 2rem);margin:2rem auto;padding:2rem;border-radius:.75rem;background:light-dark(#fff,#1d232a)}
h1{margin:0;color:light-dark(#1f4e79,#9cc3e6)}h2{margin:1.5rem 0 .25rem;font-size:1.1rem}
a{color:light-dark(#1f4e79,#9cc3e6)}code{overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem}
:focus-visible{outline:3px solid #5b9bd5;outline-offset:2px}`;

/** Nothing is loaded or run but the page's own style, and it leads nowhere but by its links. */
export const HOME_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

export interface HomeFacts {
  readonly software: string;
  readonly logOrigin: string;
  readonly logVerifierKey: string | null;
  readonly issuer: string;
}

/** The page at `/` until the portal is there. Links are relative, so that it holds at whatever address it is reached. */
export function homePage({ software, logOrigin, logVerifierKey, issuer }: HomeFacts): string {
  const problems = Object.entries(PROBLEMS).map(
    ([code, [status, title]]) =>
      `<li><a href="problems/${escaped(code)}"><code>${escaped(code)}</code></a> ${status}: ${escaped(title)}</li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Amana</title><style>${STYLE}</style></head>
<body><main>
<h1>Amana <span lang="ar" dir="rtl">أمانة</span></h1>
<p>Authorities of different states exchange digital evidence here. It is sealed where it is seized, stored unaltered, shared under
agreements that the states have signed, and every hand that touches it is on a record that nobody can rewrite.</p>
<h2>For officers</h2>
<p>The way in is the command <code>amana</code>; <code>amana --help</code> shows how. You sign in at <a href="${escaped(issuer)}">${escaped(issuer)}</a>.</p>
<h2>For anyone</h2>
<dl>
<dt><a href="log/checkpoint">The custody log's last checkpoint</a></dt>
<dd>A signed note of the log <code>${escaped(logOrigin)}</code>${logVerifierKey === null ? '' : `; its key is <code>${escaped(logVerifierKey)}</code>`}.
Read on with <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>.</dd>
<dt><a href="monitor">How the record stands</a></dt><dd>Its size and root, its witnesses and how far behind each is, when all was last read again.</dd>
<dt><a href="openapi.json">The API, OpenAPI 3.1</a></dt><dd>Everything the command does, other programs may do too. <a href="v1">What this platform says of itself</a>.</dd>
<dt>Documentation</dt><dd><code>README.md</code> to begin with and <code>docs/operations.md</code> for who runs it, beside the source.</dd>
</dl>
<details><summary>What can go wrong: the API's problems</summary><ul>
${problems.join('\n')}
</ul></details>
<p><small>${escaped(software)}</small></p>
</main></body></html>
`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
