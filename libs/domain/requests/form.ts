import { z } from 'zod';
import { EioForm } from './forms/eio.js';
import { EpoForm } from './forms/epo.js';
import { JitForm } from './forms/jit.js';
import { MlaForm } from './forms/mla.js';
import { SpontaneousForm } from './forms/spontaneous.js';

/** The form of a request: the fields of its instrument, no more and no less. */
export const RequestForm = z.discriminatedUnion('instrument', [JitForm, EioForm, MlaForm, SpontaneousForm, EpoForm]);
export type RequestForm = z.infer<typeof RequestForm>;
