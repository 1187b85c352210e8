/** A service that global-setup.mjs can start; `build` is none: its answer is that dist/ is up to the sources. */
export type TestService = 'build' | 'postgres' | 'redis';

/** Where the run's one server of this kind is: started by the first test that asks, stopped after the last test of the run. */
export async function serviceUrl(service: TestService): Promise<string> {
  const broker = process.env.AMANA_TEST_SERVICES;
  if (!broker) throw new Error('no services: the tests were started without test/support/global-setup.mjs');
  const response = await fetch(`${broker}/${service}`);
  const answer = await response.text();
  if (!response.ok) throw new Error(`the ${service} for tests did not start: ${answer}`);
  return answer;
}
