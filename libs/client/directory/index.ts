export { certifiedOfficers, entitledRecipients } from './certified-officers.js';
export { type HeldKeys, rewrapHeld } from './rewrap-held.js';
export { type Rotation, rotateAgencyKeys, type RotationOf } from './rotation.js';
