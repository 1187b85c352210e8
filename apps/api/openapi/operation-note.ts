import type { ProblemCode } from '#domain/contract';

/** What is said of an operation beyond what its decorators say. */
export interface OperationNote {
  /** `operationId`: what a generated client calls it. */
  readonly id: string;
  readonly summary: string;
  /** What it may refuse for reasons of its own; what every operation of its form may answer is added. */
  readonly problems?: readonly ProblemCode[];
  /** A body that is no JSON. */
  readonly download?: 'evidence' | 'text' | 'log' | 'export' | 'page' | 'calendar';
  /** The answer carries an entity tag. */
  readonly tagged?: true;
  /** The request carries a part of an upload. */
  readonly part?: true;
}
