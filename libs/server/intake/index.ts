export { ConcludeRecheck } from './conclude-recheck.js';
export { Exhibits } from './exhibits.js';
export { IntakeReceipts } from './intake-receipts.js';
export { IntakeModule } from './intake.module.js';
export { Recheck, type Rechecked } from './recheck.js';
export { Register } from './register.js';
export { SignManifest } from './sign-manifest.js';
export { UploadList } from './upload-list.js';
export { Uploads, type IncomingPart } from './uploads.js';
