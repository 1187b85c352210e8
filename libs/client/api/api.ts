import { Caller, type CallerOptions } from './caller.js';
import { agreementCalls } from './agreements.js';
import { directoryCalls } from './directory.js';
import { exhibitCalls } from './exhibits.js';
import { grantCalls } from './grants.js';
import { PlatformView, recordCalls } from './records.js';
import { requestCalls } from './requests.js';
import { retrievalCalls } from './retrievals.js';
import { uploadCalls } from './uploads.js';

/**
 * Amana's API, typed by its contract. Every call may be repeated without harm and is, while patience lasts.
 * All of them throw ApiError: a problem the server answered, 'unreachable', or an answer that is not as the contract says.
 */
export function createApi(options: CallerOptions) {
  const caller = new Caller(options);
  return {
    platform: () => caller.json(PlatformView, { method: 'GET', path: '/v1' }),
    directory: directoryCalls(caller),
    agreements: agreementCalls(caller),
    exhibits: exhibitCalls(caller),
    uploads: uploadCalls(caller),
    grants: grantCalls(caller),
    requests: requestCalls(caller),
    retrievals: retrievalCalls(caller),
    records: recordCalls(caller),
  };
}
export type Api = ReturnType<typeof createApi>;
