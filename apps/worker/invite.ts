import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { InviteAgency } from '#domain/contract';
import { readConfig } from '#server/config';
import { recordOfPlatform } from '#server/custody';
import { Database } from '#server/database';
import { keepInvitation } from '#server/directory';

const USAGE = `usage, in the worker's environment, while it runs or not:
  invite NAME --state CODE --kind KIND --email ADDRESS --token-file FILE [--days N] [--competence NAME]…
KIND is border, investigation, prosecution, court or oversight. Of each state one is invited so, its oversight or its central authority;
the others it invites itself. The token, in FILE, is for the first administrator, by another way than the address.
`;
const USAGE_FAULT = 2;
const DAY_MS = 86_400_000;

/** What an operator does when a state comes in: its first agency is invited. Prints JSON, without the token. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ state: { type: 'string' }, kind: { type: 'string' }, email: { type: 'string' } },
      ...{ 'token-file': { type: 'string' }, days: { type: 'string', default: '14' } },
      competence: { type: 'string', multiple: true, default: [] },
    },
  });
  const [name, ...more] = positionals;
  const file = values['token-file'];
  if (name === undefined || more.length > 0 || file === undefined || !/^\d{1,2}$/.test(values.days))
    throw new UsageFault(USAGE);
  if (existsSync(file)) throw new UsageFault(`${file} is there already\n`);
  const token = randomBytes(32);
  const now = new Date();
  const asked = InviteAgency.safeParse({
    ...{ name, state: values.state, kind: values.kind, email: values.email, competences: values.competence },
    tokenSha256: createHash('sha256').update(token).digest('hex'),
    expiresAt: new Date(now.getTime() + Number(values.days) * DAY_MS).toISOString(),
  });
  if (!asked.success) {
    const faults = asked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}\n`);
    throw new UsageFault(`${faults.join('')}${USAGE}`);
  }
  const config = readConfig(process.env);
  const source = await new DataSource({ type: 'postgres', url: config.databaseUrl, poolSize: 1 }).initialize();
  try {
    // Before it is kept: an invitation whose token was lost could be completed by nobody, and would stand in the way.
    writeFileSync(file, `${token.toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    const invitation = await new Database(source).asPlatform(async (tx) => {
      const kept = await keepInvitation(tx, asked.data, null, now);
      await recordOfPlatform(tx, {
        kind: 'agency-invited',
        result: 'done',
        detail: { invited: kept.agencyId, state: kept.state, kind: kept.kind },
      });
      return kept;
    });
    process.stdout.write(`${JSON.stringify(invitation, null, 2)}\n`);
  } finally {
    await source.destroy();
  }
}

class UsageFault extends Error {}

await main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(message.endsWith('\n') ? message : `${message}\n`);
  process.exitCode = error instanceof UsageFault || error instanceof TypeError ? USAGE_FAULT : 1;
});
