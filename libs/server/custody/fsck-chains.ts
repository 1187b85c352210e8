import type { Database } from '#server/database';
import type { FsckFault } from './fsck-report.js';

/** Events read at a time. */
const BATCH = 2000;

interface Link {
  readonly id: string;
  readonly chain: string;
  readonly seq: string;
  readonly commitment: Buffer;
  readonly body: Buffer | null;
  readonly log_index: string | null;
  readonly waits: boolean;
  readonly kind: string;
}

/** The two chains that an event stands in, each with an index of its own to read it by. */
const SCOPES = {
  case: { id: 'chain_id', seq: 'case_seq', previous: 'prevCaseCommitment' },
  exhibit: { id: 'exhibit_id', seq: 'exhibit_seq', previous: 'prevExhibitCommitment' },
} as const;

/** Events that were left out of, moved within or replaced in the chain of a case or exhibit, and those that are in no log. */
export async function* findChainFaults(database: Database): AsyncGenerator<FsckFault> {
  for (const scope of ['case', 'exhibit'] as const) {
    let before: Link | null = null;
    for await (const link of readLinks(database, scope)) {
      yield* faultsOf(link, before?.chain === link.chain ? before : null, scope);
      before = link;
    }
  }
}

function* faultsOf(link: Link, before: Link | null, scope: keyof typeof SCOPES): Generator<FsckFault> {
  const index = link.log_index === null ? null : Number(link.log_index);
  const expected = Number(before?.seq ?? 0) + 1;
  const named = previousOf(link, scope);
  const earlier = before?.log_index ?? null;
  const name = `event ${link.id}, ${link.seq} of its ${scope}`;
  if (Number(link.seq) !== expected) {
    yield { part: 'chain', index, detail: `${name}: ${expected} is not there` };
  } else if (named !== undefined && named !== (before?.commitment.toString('base64') ?? null)) {
    yield { part: 'chain', index, detail: `${name}: it names another predecessor` };
  }
  // The first entry of a log that follows another stands before all that came over with it.
  if (index !== null && earlier !== null && index < Number(earlier) && link.kind !== 'log-succeeded') {
    yield { part: 'chain', index, detail: `${name}: the log has it before its predecessor` };
  }
  if (scope === 'case' && index === null && !link.waits) {
    yield { part: 'chain', index, detail: `${name}: it is neither in the log nor waiting for it` };
  }
}

/** The commitment that an event names as the one before it, null for the first; undefined where the body is erased or altered. */
function previousOf({ body }: Link, scope: keyof typeof SCOPES): unknown {
  if (body === null) return undefined;
  try {
    const event = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    return event[SCOPES[scope].previous] ?? null;
  } catch {
    return undefined;
  }
}

/** Page by page in the order of the chains, each asked for while the one before is looked at. */
async function* readLinks(database: Database, scope: keyof typeof SCOPES): AsyncGenerator<Link> {
  let page = readPage(database, scope, ['00000000-0000-0000-0000-000000000000', '0']);
  for (;;) {
    const links = await page;
    const last = links.at(-1);
    const isLast = !last || links.length < BATCH;
    if (!isLast) page = readPage(database, scope, [last.chain, last.seq]);
    // Whoever stops in the middle is not told of it: the page that was asked for is.
    if (!isLast) page.catch(() => undefined);
    yield* links;
    if (isLast) return;
  }
}

/** The page is cut before anything is joined to it, so that it costs the same however long the chains are. */
function readPage(database: Database, scope: keyof typeof SCOPES, after: readonly [string, string]): Promise<Link[]> {
  const { id, seq } = SCOPES[scope];
  return database.query<Link>(
    `SELECT e.id, e.${id} AS chain, e.${seq} AS seq, e.commitment, e.body, e.kind, l.log_index,
       CASE WHEN l.log_index IS NULL THEN EXISTS (SELECT FROM amana.log_pending p WHERE p.event_id = e.id) ELSE false END AS waits
     FROM (SELECT * FROM amana.custody_event WHERE (${id}, ${seq}) > ($1::uuid, $2::bigint) ORDER BY ${id}, ${seq} LIMIT ${BATCH}) e
       LEFT JOIN LATERAL (SELECT log_index FROM amana.log_entry WHERE event_id = e.id) l ON true
     ORDER BY e.${id}, e.${seq}`,
    after,
  );
}
