import { Injectable } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { freshnessAsked, isForNewcomers, isOpenRoute, routeParametersOf, standingAsked } from '../shell/index.js';
import { PROBLEM_SCHEMA } from './answers.js';
import { describeOperation, type HandlerFacts } from './describe-operation.js';
import { OPERATIONS } from './operations.js';
import type { OpenApiObject, OperationObject } from './shapes.js';

/** RFC 9449: the token in `Authorization: DPoP …`, the proof in a field of its own. */
const DPOP = {
  type: 'http',
  scheme: 'dpop',
  bearerFormat: 'JWT',
  description:
    'An RFC 9068 access token bound to a key (`cnf.jkt`), as `Authorization: DPoP <token>`, and in the field `DPoP` a proof by that key for this one request: ' +
    '`typ` `dpop+jwt`, `alg` ES256 or EdDSA, `jwk`; `htm`, `htu`, `iat` (± 60 s), `jti` (once), `ath`; `nonce` after a 401 with `use_dpop_nonce`.',
} as const;

type Controller = new (...dependencies: never[]) => object;

/** The API described in its own words, OpenAPI 3.1. Made once, when the application is. */
@Injectable()
export class OpenApiDocument {
  private described: OpenApiObject | null = null;

  get document(): OpenApiObject {
    if (!this.described) throw new Error('the API is not described yet');
    return this.described;
  }

  /** Reads the routes and their schemas off the application. */
  describe(app: NestExpressApplication): void {
    const generated = SwaggerModule.createDocument(
      app,
      new DocumentBuilder()
        .setOpenAPIVersion('3.1.0')
        .setTitle('Amana')
        .setDescription('Exchange of digital evidence between the authorities of different states')
        .setVersion('1')
        .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
        .addSecurity('dpop', DPOP)
        .build(),
      { operationIdFactory: (controller, method) => `${controller}.${method}` },
    ) as unknown as OpenApiObject;
    const controllers = controllersOf(app);
    const reflector = app.get(Reflector);
    const paths = Object.entries(generated.paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [method, described(operation, controllers, reflector)]),
      ),
    ]);
    const { components } = generated;
    const schemas = { ...components.schemas, Problem: PROBLEM_SCHEMA };
    this.described = {
      ...generated,
      paths: Object.fromEntries(paths) as OpenApiObject['paths'],
      components: { ...components, schemas },
    };
  }
}

function described(
  operation: OperationObject,
  controllers: ReadonlyMap<string, Controller>,
  reflector: Reflector,
): OperationObject {
  const [name = '', method = ''] = operation.operationId.split('.');
  const controller = controllers.get(name);
  // A route without a note is answered all the same; that there is none a test finds.
  const note = OPERATIONS[operation.operationId] ?? { id: `${method}${name}`, summary: '' };
  return controller ? describeOperation(operation, note, factsOf(controller, method, reflector)) : operation;
}

function factsOf(controller: Controller, method: string, reflector: Reflector): HandlerFacts {
  const handler = (controller.prototype as Record<string, () => unknown>)[method];
  const isOpen =
    handler !== undefined &&
    isOpenRoute(reflector, handler, controller) &&
    !isForNewcomers(reflector, handler, controller);
  const standing = handler && standingAsked(reflector, handler, controller);
  return {
    isOpen,
    asksForFreshSignIn: handler !== undefined && freshnessAsked(reflector, handler, controller) !== undefined,
    asksForStanding: standing !== undefined && standing !== 'known',
    ...routeParametersOf(controller, method),
  };
}

function controllersOf(app: NestExpressApplication): Map<string, Controller> {
  const wrappers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  return new Map(wrappers.flatMap(({ metatype }) => (metatype ? [[metatype.name, metatype as Controller]] : [])));
}
