import { StandardSchemaValidationPipe } from '@nestjs/common';
import { Problem } from '#domain/contract';

/** Checks what comes in against the schema of its parameter; a field nobody knows has a problem of its own. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues) => {
      const faults = issues.slice(0, 50).map((issue) => ({
        path: (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.'),
        message: issue.message,
      }));
      if (faults.every(({ path }) => path === 'limit')) return new Problem('page-size', undefined, { faults });
      const unknown = issues.some((issue) => 'code' in issue && issue.code === 'unrecognized_keys');
      return new Problem(unknown ? 'unknown-field' : 'malformed-request', undefined, { faults });
    },
  });
}
