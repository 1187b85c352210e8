import { Body, Controller, Param, Put } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { FilterTeamView, SetFilterTeam } from '#domain/contract';
import { OfficerId } from '#domain/evidence';
import { FilterTeams } from '#server/authority';
import type { SignedInOfficer } from '#server/identity';
import { DecidedBy, Officer } from '../shell/index.js';

@Controller('v1/officers')
@DecidedBy('member')
export class FilterTeamController {
  constructor(private readonly filterTeams: FilterTeams) {}

  @Put(':id/filter-team')
  @ApiResponse({ status: 200, standardSchema: FilterTeamView })
  set(
    @Officer() officer: SignedInOfficer,
    @Param('id', { schema: OfficerId }) id: OfficerId,
    @Body({ schema: SetFilterTeam }) body: SetFilterTeam,
  ): Promise<FilterTeamView> {
    return this.filterTeams.set(officer, id, body);
  }
}
