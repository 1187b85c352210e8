import type { TestWorld } from './api.js';

/** Fills a directory: every fiftieth agency is a coast guard, every hundredth answers in Maltese, and officers are spread over all. */
export async function fillDirectory(
  { query }: Pick<TestWorld, 'query'>,
  agencies: number,
  officers: number,
): Promise<void> {
  await query(
    `INSERT INTO amana.agency (id, state, name, kind, competences, contact_points)
     SELECT gen_random_uuid(), chr(65 + n % 26) || chr(65 + n / 26 % 26), CASE n % 50 WHEN 0 THEN 'Coast Guard, sector ' ELSE 'Border Department ' END || n, 'border',
       CASE n % 100 WHEN 0 THEN '{asset-recovery}' ELSE '{border-control}' END::text[],
       jsonb_build_array(jsonb_build_object('name', 'Desk ' || n, 'email', 'desk' || n || '@agency.example',
         'languages', CASE n % 100 WHEN 0 THEN '["mt"]' ELSE '["ar", "en"]' END::jsonb,
         'hours', CASE n % 3 WHEN 0 THEN '{"kind": "always"}' ELSE
           '{"kind": "weekly", "timeZone": "Europe/Rome", "spans": [{"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "16:00"}]}' END::jsonb))
     FROM generate_series(1, $1::integer) AS n`,
    [agencies],
  );
  await query(
    `WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS all FROM amana.agency)
     INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles)
     SELECT gen_random_uuid(), a.id, 'https://issuer.example', 's' || n, 'officer' || n || '@agency.example',
       'Officer ' || (ARRAY['Salem', 'Haddad', 'Rossi', 'Bianchi', 'Vella'])[1 + n % 5] || ' ' || n, '{investigator}'
     FROM generate_series(1, $1::integer) AS n JOIN numbered a ON a.place = n % a.all`,
    [officers],
  );
  await query('ANALYZE amana.agency');
  await query('ANALYZE amana.officer');
}
