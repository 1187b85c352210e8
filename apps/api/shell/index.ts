export { answerBrokenRequests } from './broken-request.js';
export { Claim } from './idempotency-claim.js';
export { etagOf, IfMatch } from './if-match.js';
export { readJsonBody, type JsonRequest } from './json-body.js';
export { Officer, Open } from './officer.guard.js';
