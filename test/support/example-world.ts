import { exampleAgreement, exampleParty } from './example-documents.js';
import { type Profile, type ProfileFacts, refreshProfile } from '#client/profile';
import type { AgreementView } from '#domain/contract';
import { type OfficerId, TeamId } from '#domain/evidence';
import {
  type AgencyKeys,
  type Agreement,
  type GeneralJws,
  type PrivateJwk,
  countersignAgreement,
  newSigningKey,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signerOf,
} from '#domain/manifest';

export interface Party {
  readonly party: AgencyKeys;
  readonly privateKey: PrivateJwk;
}

/** Two agencies, the agreement that both signed, and what a platform says of it all to an officer of the first. */
export class ExampleWorld {
  readonly teamId = TeamId.parse('0e9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10');
  readonly own: Party;
  readonly partner: Party;
  readonly sealKey: PrivateJwk;
  readonly agreement: Agreement;

  private constructor(own: Party, partner: Party, sealKey: PrivateJwk) {
    this.own = own;
    this.partner = partner;
    this.sealKey = sealKey;
    this.agreement = exampleAgreement([own.party, partner.party]);
  }

  static async make(): Promise<ExampleWorld> {
    const partner = await exampleParty({ state: 'IT', name: 'Procura di Palermo' });
    return new ExampleWorld(await exampleParty(), partner, await newSigningKey());
  }

  async signedBy(content: Agreement, first: Party, ...others: Party[]): Promise<GeneralJws> {
    let instrument = await signAgreement(content, await signerOf(first.privateKey));
    for (const { privateKey } of others)
      instrument = await countersignAgreement(instrument, await signerOf(privateKey));
    return instrument;
  }

  /** The facts with the agreement as both signed it. */
  async facts(): Promise<ProfileFacts> {
    return this.factsWith(await this.signedBy(this.agreement, this.own, this.partner));
  }

  async profile(facts?: ProfileFacts): Promise<Profile> {
    return refreshProfile(facts ?? (await this.facts()), null);
  }

  async factsWith(instrument: unknown, keys: Party = this.own): Promise<ProfileFacts> {
    const { agencyId, name, state } = keys.party;
    const { agreement, teamId } = this;
    const statement = await signAgencyStatement(
      { schema: 'amana-agency/v1', ...keys.party },
      await signerOf(keys.privateKey),
    );
    const view: AgreementView = {
      id: agreement.agreementId,
      title: 'x',
      validFrom: agreement.validFrom,
      validUntil: agreement.validUntil,
      instrument,
    };
    return {
      api: 'http://api.test',
      platform: {
        software: 'x',
        publicUrl: 'http://api.test',
        issuer: 'http://issuer.test',
        clientIdCli: 'x',
        logOrigin: 'log',
        logVerifierKey: 'log+1+k',
        logMlDsaVerifierKey: 'log+3+k',
        sealKey: publicJwkOf(this.sealKey),
      },
      officer: {
        id: '0f9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10' as OfficerId,
        agencyId,
        name: 'n',
        email: 'e',
        roles: [],
        keyState: 'none',
        signingKey: null,
        recipient: null,
        certificate: null,
      },
      agency: {
        id: agencyId,
        state,
        name,
        kind: 'border',
        contact: 'c',
        competences: [],
        contactPoints: [],
        statement,
      },
      teams: [{ id: teamId, name: 'Route 7', agreementId: agreement.agreementId, agencies: [] }],
      agreements: [view],
      agencyKeys: null,
    };
  }
}
