import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { AppointOfficer, type Page, pageOf, PageQuery, TeamDetail, TeamView } from '#domain/contract';
import { TeamId } from '#domain/evidence';
import { Teams } from '#server/directory';
import type { SignedInOfficer } from '#server/identity';
import { DecidedBy, Officer } from '../shell/index.js';

const TEAM_ID = { schema: TeamId };

@Controller('v1/teams')
@DecidedBy('known')
export class TeamsController {
  constructor(private readonly teams: Teams) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(TeamView) })
  list(@Officer() officer: SignedInOfficer, @Query({ schema: PageQuery }) query: PageQuery): Promise<Page<TeamView>> {
    return this.teams.list(officer, query);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: TeamDetail })
  find(@Officer() officer: SignedInOfficer, @Param('id', TEAM_ID) id: TeamId): Promise<TeamDetail> {
    return this.teams.find(officer, id);
  }

  @Put(':id/appointments')
  @DecidedBy('member')
  @ApiResponse({ status: 200, standardSchema: TeamDetail })
  appoint(
    @Officer() officer: SignedInOfficer,
    @Param('id', TEAM_ID) id: TeamId,
    @Body({ schema: AppointOfficer }) body: AppointOfficer,
  ): Promise<TeamDetail> {
    return this.teams.appoint(officer, id, body);
  }
}
