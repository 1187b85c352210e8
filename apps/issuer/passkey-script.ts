import { createHash } from 'node:crypto';

// Plain, short, and the same on every page, so that one hash lets it run and nothing else.
/** Has the browser answer the question of a form, and sends the form with the answer. */
export const PASSKEY_SCRIPT = `'use strict';
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const listed = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
const make = async (asked) => {
  const { id, type, response } = await navigator.credentials.create({ publicKey: { ...asked, challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: listed(asked.excludeCredentials) } });
  return { id, rawId: id, type, response: { clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject) } };
};
const use = async (asked) => {
  const { id, type, response } = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge),
    allowCredentials: listed(asked.allowCredentials) } });
  return { id, rawId: id, type, response: { clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData), signature: text(response.signature),
    ...(response.userHandle && { userHandle: text(response.userHandle) }) } };
};
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('button');
  const fault = form.querySelector('[role=alert]');
  if (!window.PublicKeyCredential) { button.disabled = true; fault.hidden = false; fault.textContent = fault.dataset.none; }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    fault.hidden = true;
    try {
      const asked = JSON.parse(form.dataset.asked);
      form.elements.answer.value = JSON.stringify(await (form.dataset.passkey === 'make' ? make : use)(asked));
      form.submit();
    } catch (error) {
      fault.textContent = error.name === 'InvalidStateError' ? fault.dataset.known : fault.dataset.failed;
      fault.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}
`;

/** What a content security policy lets run by. */
export const PASSKEY_SCRIPT_HASH = `sha256-${createHash('sha256').update(PASSKEY_SCRIPT).digest('base64')}`;
