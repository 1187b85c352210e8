import { createHmac } from 'node:crypto';
import { request } from 'node:http';

export interface S3AccessKey {
  readonly key: string;
  readonly secret: string;
}

export interface S3RequestV2 {
  /** `http://host:port` */
  readonly endpoint: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `/bucket/key?subresource`: path-style, no characters that need escaping. */
  readonly resource: string;
  /** Unsigned if absent. */
  readonly access?: S3AccessKey;
  readonly body?: string;
}

/**
 * One small S3 request signed the old way (AWS signature version 2, which Ceph still takes), for setting up a throwaway
 * gateway without a client library. Resolves to the answer's body. @throws Error on any status but 2xx, or after ten
 * seconds.
 */
export function s3RequestV2({ endpoint, method, resource, access, body = '' }: S3RequestV2): Promise<string> {
  const date = new Date().toUTCString();
  const headers: Record<string, string> = { date, 'content-length': String(Buffer.byteLength(body)) };
  if (access) {
    const text = [method, '', '', date, resource].join('\n');
    headers['authorization'] = `AWS ${access.key}:${createHmac('sha1', access.secret).update(text).digest('base64')}`;
  }
  return new Promise((resolve, reject) => {
    const sent = request(`${endpoint}${resource}`, { method, headers, agent: false, timeout: 10_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.once('error', reject).once('end', () => {
        if (Math.floor((answer.statusCode ?? 0) / 100) === 2) resolve(text);
        else reject(new Error(`${method} ${resource}: ${answer.statusCode ?? 0} ${text}`));
      });
    });
    sent.once('timeout', () => sent.destroy(new Error(`${method} ${resource}: no answer in ten seconds`)));
    sent.once('error', reject);
    sent.end(body);
  });
}
