import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { standingAsked } from './decided-by.js';
import { isOpenRoute } from './officer.guard.js';

/** Refuses to start the API with a route that says neither that it is open nor what decides it. */
@Injectable()
export class DecidedRoutes implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error that names every such route */
  onModuleInit(): void {
    const undecided = this.discovery.getControllers().flatMap(({ metatype }) => this.undecidedOf(metatype as Type));
    if (undecided.length > 0) throw new Error(`refusing to start: nothing decides ${undecided.join(', ')}`);
  }

  private undecidedOf(controller: Type): string[] {
    const prototype = controller.prototype as Record<string, () => unknown>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (handler === undefined || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
      const decided =
        isOpenRoute(this.reflector, handler, controller) ||
        standingAsked(this.reflector, handler, controller) !== undefined;
      return decided ? [] : [`${controller.name}.${name}`];
    });
  }
}
