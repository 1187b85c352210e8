/** `data/README.html`: what the folder is and how anyone checks it. No script and nothing fetched: its policy forbids both. */
export const README_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Amana court package</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}code{background:#eee;padding:.1em .3em}</style>
</head>
<body>
<h1>Amana court package</h1>
<p>This folder holds one exhibit: its encrypted files, the signed statement of what they are, and the record of every hand that touched them.</p>
<p>It can be checked without trusting whoever gave it to you, and without a network: <code>amana verify PACKAGE --policy YOUR-POLICY</code>.</p>
<p>Whether the files arrived whole, any computer can tell: <code>sha256sum -c manifest-sha256.txt</code>, in the folder that has <code>bagit.txt</code> (BagIt, RFC 8493).</p>
<p>Who has the key opens a file of the evidence with any age tool: <code>age -d -i KEY data/evidence/FILE.age &gt; FILE</code>; its name and digest are in <code>data/manifest.jws.json</code>.</p>
<p><code>data/custody/events.jsonl</code> is the record; each event has a proof in <code>data/custody/proofs</code> that it stands in the log whose signed head is <code>data/custody/checkpoint</code>.</p>
<p>Where there are files in <code>data/custody/timestamps</code>, an authority for time (RFC 3161) attests when that head and the signed statement were there: <code>openssl ts -verify -in data/custody/timestamps/checkpoint.tsr -data data/custody/checkpoint -CAfile ROOT</code>; the root that <code>data/keys/tsa.pem</code> names is to be had from the authority itself.</p>
<p>The keys in <code>data/keys</code> are what the package says of itself: compare them with those you know, and verify with your own policy.</p>
</body>
</html>
`;
