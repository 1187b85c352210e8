export { type DownloadTools, type StoredObject, downloadWindows } from './download-windows.js';
export { FetchError, type FetchErrorCode } from './fetch-error.js';
export { type ExhibitFetchTools, type OutputFolder, fetchExhibit } from './fetch-exhibit.js';
export { InlineOpeningEngine } from './inline-opening.js';
export {
  type Appender,
  type Opening,
  type OpeningEngine,
  type OpeningJob,
  type PartialFile,
} from './opening-engine.js';
export { OUTPUT_RESERVED, type OutputName, type RenamedFile, outputNames, renamedFiles } from './safe-names.js';
export { type FetchStart, type OpenerKeys, SCRATCH_SIZE_BYTES, WindowOpener } from './window-opener.js';
