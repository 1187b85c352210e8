import type { Command } from 'commander';
import { openBrowser } from '../node/browser.js';
import type { CommonOptions, Session } from '../session.js';
import { type Runtime, addCommand } from './runtime.js';

export function addLogout(program: Command, runtime: Runtime): void {
  addCommand(program, 'logout', 'end the sign-in, here and at the issuer', [
    'logout',
    'logout --as investigator@border.ly.example',
  ]).action((options: CommonOptions) => runtime.run(options, (session) => logout(session)));
}

/** The tokens here are destroyed in any case; that the issuer could not be told is a failure all the same. */
async function logout(session: Session): Promise<void> {
  const { output } = session;
  const home = session.officerHome();
  const tokens = session.tokens(home, session.profile());
  const signedIn = tokens.isThere;
  const elsewhere = await tokens.end();
  if (elsewhere !== null) {
    output.note(`Sign out of the browser too, at\n  ${elsewhere}`);
    openBrowser(elsewhere);
  }
  const email = output.shown(home.email);
  output.result({ email: home.email, signedOut: signedIn }, () =>
    signedIn ? `Signed out: ${email}` : `${email} is not signed in here`,
  );
}
