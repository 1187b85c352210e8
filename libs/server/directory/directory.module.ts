import { Module } from '@nestjs/common';
import { Agencies } from './agencies.js';
import { AgencyChanges } from './agency-changes.js';
import { AgencyRotation } from './agency-rotation.js';
import { AgreementRecord } from './agreement-record.js';
import { Agreements } from './agreements.js';
import { BindOfficers } from './bind-officer.js';
import { HeldFileKeys } from './held-file-keys.js';
import { Invitations } from './invitations.js';
import { KeyHistories } from './key-histories.js';
import { Negotiations } from './negotiations.js';
import { OfficerChanges } from './officer-changes.js';
import { OfficersOfAgency } from './officers-of-agency.js';
import { PartyWords } from './party-words.js';
import { PutInForce } from './put-in-force.js';
import { Teams } from './teams.js';

const AGENCY = [Agencies, AgencyChanges, AgencyRotation, HeldFileKeys, Invitations, KeyHistories];
const OFFICER = [BindOfficers, OfficerChanges, OfficersOfAgency];
const EXPORTED = [...AGENCY, ...OFFICER, Agreements, Negotiations, PartyWords, Teams];

@Module({ providers: [...EXPORTED, AgreementRecord, PutInForce], exports: EXPORTED })
export class DirectoryModule {}
