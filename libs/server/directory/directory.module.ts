import { Module } from '@nestjs/common';
import { Agencies } from './agencies.js';
import { Agreements } from './agreements.js';
import { OfficersOfAgency } from './officers-of-agency.js';

@Module({ providers: [Agencies, Agreements, OfficersOfAgency], exports: [Agencies, Agreements, OfficersOfAgency] })
export class DirectoryModule {}
