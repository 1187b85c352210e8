import { Controller, Get, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { certifyOfficer, publicJwkOf, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { DecidedBy, Open } from '../../apps/api/shell/index.js';
import { DecidedRoutes } from '../../apps/api/shell/decided-routes.js';
import type { TestOfficer } from '../support/directory.js';
import { sharingInTest } from '../support/sharing-in-test.js';
import { createApi } from '../../apps/api/api.js';

const given = sharingInTest(createApi);

/** Routes that an agency's own, certified officers have, and others have not. */
const OF_MEMBERS = ['/v1/events', '/v1/grants', '/v1/officers', '/v1/agencies/mine/keys'];

describe('routes that name no exhibit', () => {
  it.each(OF_MEMBERS)('%s is for a certified officer', async (path) => {
    expect([200, 404]).toContain((await given.investigator.get(path)).status);
  });

  it.each(OF_MEMBERS)('%s is not for one without a certificate, nor for defence', async (path) => {
    const { colleague } = given.world.directory.tripoli;
    const client = await given.api.as(colleague);
    const become = (keyState: string, roles: string[]) =>
      given.world.query(`UPDATE amana.officer SET key_state = $2, roles = $3 WHERE id = $1`, [
        colleague.id,
        keyState,
        roles,
      ]);
    try {
      for (const state of ['none', 'enrolled', 'revoked']) {
        await become(state, ['investigator']);
        expect((await client.get(path)).json).toMatchObject({ status: 403, rule: 'officer-not-certified' });
      }
      await become('certified', ['defence']);
      expect((await client.get(path)).json).toMatchObject({ status: 403, rule: 'role-not-entitled' });
    } finally {
      await become('certified', ['investigator']);
    }
  });
});

describe('a certificate', () => {
  /** Gives an officer a certificate of these times, signed by their agency. */
  async function certifiedFor(officer: TestOfficer, validFrom: string, validUntil?: string): Promise<void> {
    const certificate = await certifyOfficer(
      {
        ...{ schema: 'amana-officer/v1', officerId: officer.id, agencyId: officer.agency.id, name: 'An officer' },
        ...{
          roles: ['investigator'],
          signingKey: publicJwkOf(officer.signingKey),
          recipient: recipientOf(newIdentity()),
        },
        ...{ validFrom, ...(validUntil !== undefined && { validUntil }) },
      },
      await signerOf(officer.agency.signingKey),
    );
    await given.world.query(`UPDATE amana.officer SET certificate = $2 WHERE id = $1`, [officer.id, certificate]);
  }

  it.each([
    ['that has run out', '2026-01-01T00:00:00.000Z', new Date(Date.now() - 1000).toISOString(), 403],
    ['whose time has not come', new Date(Date.now() + 3_600_000).toISOString(), undefined, 403],
    ['in its time', '2026-01-01T00:00:00.000Z', new Date(Date.now() + 3_600_000).toISOString(), 200],
  ])('%s counts by the clock, whatever its column says', async (_name, from, until, status) => {
    const { colleague } = given.world.directory.tripoli;
    await certifiedFor(colleague, from, until);
    const client = await given.api.as(colleague);
    const answer = await client.get('/v1/grants');
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json.rule).toBe('officer-not-certified');
    const exhibit = await given.sealedExhibit();
    const retrieval = await client.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'examination' });
    expect(retrieval.status).toBe(status === 200 ? 201 : 403);
  });
});

describe('the API', () => {
  @Controller('decided')
  class Decided {
    @Get('one')
    @DecidedBy('member')
    one() {
      return {};
    }

    @Get('two')
    @Open()
    two() {
      return {};
    }
  }

  @Controller('undecided')
  class Undecided {
    @Get('one')
    @DecidedBy('member')
    one() {
      return {};
    }

    @Get('two')
    forgotten() {
      return {};
    }
  }

  const boot = (controllers: (typeof Decided)[]) => {
    @Module({ imports: [DiscoveryModule], controllers, providers: [DecidedRoutes] })
    class SomeApi {}
    return NestFactory.createApplicationContext(SomeApi, { logger: false, abortOnError: false });
  };

  it('does not start with a route that nothing decides, and names it', async () => {
    await expect(boot([Decided, Undecided as never])).rejects.toThrow('nothing decides Undecided.forgotten');
  });

  it('starts with routes that all say what decides them', async () => {
    await (await boot([Decided])).close();
  });
});
