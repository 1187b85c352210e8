import { applyDecorators, SetMetadata, type Type } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { Open } from './officer.guard.js';

const FOR_NEWCOMERS = Symbol('for-newcomers');

/** A route for who is signed in at the issuer and no officer yet: open as far as officers go, its own guard asks for token and proof. */
export const ForNewcomers = () => applyDecorators(Open(), SetMetadata(FOR_NEWCOMERS, true));

export function isForNewcomers(reflector: Reflector, handler: () => unknown, controller: Type): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(FOR_NEWCOMERS, [handler, controller]) === true;
}
