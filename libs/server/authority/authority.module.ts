import { Global, Module } from '@nestjs/common';
import { Authority } from './authority.js';
import { FilterTeams } from './filter-team.js';

@Global()
@Module({ providers: [Authority, FilterTeams], exports: [Authority, FilterTeams] })
export class AuthorityModule {}
