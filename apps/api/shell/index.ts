export { answerBrokenRequests } from './broken-request.js';
export { Claim } from './idempotency-claim.js';
export { etagOf, IfMatch } from './if-match.js';
export { jsonBodyReader, type JsonRequest } from './json-body.js';
export { bearerToken, Officer, Open } from './officer.guard.js';
