import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { CONFIG, type Config } from '#server/config';
import { SOFTWARE } from '#server/custody';
import { Open } from '../shell/index.js';
import { HOME_POLICY, homePage } from './home-page.js';

/** What someone sees who opens the platform's address: what it is, and where its parts are. */
@Controller()
@Open()
@ApiExcludeController()
export class HomeController {
  private readonly page: string;

  constructor(@Inject(CONFIG) { logOrigin, logVerifierKey, issuer }: Config) {
    this.page = homePage({ software: SOFTWARE, logOrigin, logVerifierKey, issuer });
  }

  @Get()
  home(@Res() response: Response): void {
    response.set({ 'Content-Security-Policy': HOME_POLICY, 'Cache-Control': 'no-cache' });
    response.type('text/html').send(this.page);
  }
}
