export { type Api, createApi } from './api.js';
export { ApiError, type ApiFailure, type ApiProblemBody, isProblem } from './api-error.js';
export type { CallerOptions, TokenSource } from './caller.js';
export { ConnectionLost, fetchSend, type HttpRequest, type HttpResponse, type HttpSend } from './http.js';
export { inParallel } from './in-parallel.js';
export { PlatformView } from './records.js';
export { type Clock, type Patience, TRANSFER_PATIENCE, retry, systemClock } from './retry.js';
export type { ByteRange } from './retrievals.js';
export type { OutgoingPart } from './uploads.js';
