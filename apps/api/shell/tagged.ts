import type { Response } from 'express';
import { entityTagOf } from '#server/idempotency';
import { etagOf } from './if-match.js';

/** The view, its digest as the answer's entity tag: for things that have no version of their own. */
export function taggedByDigest<View>(response: Response, view: View): View {
  response.setHeader('ETag', entityTagOf(view));
  return view;
}

/** The view, its version as the answer's entity tag. */
export function taggedByVersion<View extends { readonly version: number }>(response: Response, view: View): View {
  response.setHeader('ETag', etagOf(view.version));
  return view;
}
