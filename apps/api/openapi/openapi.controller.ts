import { Controller, Get } from '@nestjs/common';
import { Open } from '../shell/index.js';
import { OpenApiDocument } from './document.js';
import type { OpenApiObject } from './shapes.js';

@Controller()
@Open()
export class OpenApiController {
  constructor(private readonly openApi: OpenApiDocument) {}

  @Get('openapi.json')
  document(): OpenApiObject {
    return this.openApi.document;
  }
}
