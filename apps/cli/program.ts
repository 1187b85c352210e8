import { Command } from 'commander';
import { addAgency } from './commands/agency.js';
import { addAgreement } from './commands/agreement.js';
import { addAudit } from './commands/audit.js';
import { addErase } from './commands/erase.js';
import { addExhibitCorrect } from './commands/exhibit-correct.js';
import { addExhibitFacts, addExhibitSeal } from './commands/exhibit-seal.js';
import { addExhibitUpload } from './commands/exhibit-upload.js';
import { addExhibitViews } from './commands/exhibit-view.js';
import { addFetch } from './commands/fetch.js';
import { addKeys } from './commands/keys.js';
import { addLog } from './commands/log.js';
import { addLogin } from './commands/login.js';
import { addLogout } from './commands/logout.js';
import { addOfficer } from './commands/officer.js';
import { addPackage } from './commands/package.js';
import { type Runtime, addCommonOptions, addExamples, addGroup } from './commands/runtime.js';
import { addRequest } from './commands/request.js';
import { addShare } from './commands/share.js';
import { addTeam } from './commands/team.js';
import { addVerify } from './commands/verify.js';
import { addWhoAmI } from './commands/whoami.js';
import { VERSION } from './software.js';

/** From a seizure to a court, as the help of all of it shows. */
const EXAMPLES = [
  'login --api https://custody.example',
  'exhibit upload phone.ufdr --facts facts.json --team "Route 7"',
  'share propose TRP-2026-0417/1 --team "Route 7" --to "Procura di Palermo" --purpose "Indictment" --basis "JIT agreement, art. 6" --until 2027-06-30',
  'fetch TRP-2026-0417/1 -o exhibit --purpose "Indictment in case 12/2026"',
  'package TRP-2026-0417/1 -o package --purpose "Trial, case 12/2026"',
  'verify package --policy court-policy.txt',
];

/** Every verb of `amana`, in the order that evidence takes. */
export function createProgram(runtime: Runtime): Command {
  const program = new Command('amana')
    .description('Evidence sealed at its source, shared under law, and checked by anyone.')
    .version(VERSION)
    .showSuggestionAfterError(false)
    .addHelpText(
      'after',
      [
        '',
        'Exit codes: 0 done, 1 internal, 2 usage, 3 not authorised, 4 integrity, 5 unreachable or undecided',
        'Environment: AMANA_HOME, AMANA_API, AMANA_OFFICER, AMANA_PASSPHRASE, AMANA_PASSWORD,',
        '  AMANA_PATIENCE_SECONDS (how long to try a platform that does not answer; 6)',
      ].join('\n'),
    );
  addCommonOptions(addExamples(program, () => EXAMPLES));
  addLogin(program, runtime);
  addLogout(program, runtime);
  addWhoAmI(program, runtime);
  addKeys(program, runtime);
  const exhibit = addGroup(program, 'exhibit', 'seal, upload and look at exhibits');
  addExhibitFacts(exhibit, runtime);
  addExhibitSeal(exhibit, runtime);
  addExhibitUpload(exhibit, runtime);
  addExhibitViews(exhibit, runtime);
  addExhibitCorrect(exhibit, runtime);
  addRequest(program, runtime);
  addShare(program, runtime);
  addFetch(program, runtime);
  addPackage(program, runtime);
  addVerify(program, runtime);
  addLog(program, runtime);
  addAgency(program, runtime);
  addOfficer(program, runtime);
  addAgreement(program, runtime);
  addTeam(program, runtime);
  addAudit(program, runtime);
  addErase(program, runtime);
  return program;
}
