import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemCode } from '#domain/contract';

/** What Node's parser says of bytes that are no request; any other fault is a malformed one. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_INVALID_EOF_STATE: 'short-body',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/**
 * Answers what never became a request, or stopped being one, with a problem like every other error: both lengths at once, two
 * lengths, headers too large, a body that ends early. The connection ends there.
 */
export function answerBrokenRequests(server: Server): void {
  server.on(
    'clientError',
    (error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: { headersSent: boolean } }) => {
      if (!socket.writable || socket._httpMessage?.headersSent === true || error.code === 'ECONNRESET') {
        socket.destroy();
        return;
      }
      const problem = new Problem(CODES[error.code ?? ''] ?? 'malformed-request');
      const body = JSON.stringify(problem.body());
      socket.end(
        [
          `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
          'Content-Type: application/problem+json; charset=utf-8',
          `Content-Length: ${Buffer.byteLength(body)}`,
          'Connection: close',
          '',
          body,
        ].join('\r\n'),
      );
    },
  );
}
