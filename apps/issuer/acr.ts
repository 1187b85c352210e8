/** A password: one factor, and it says so. */
export const PASSWORD_ACR = 'urn:amana:acr:password';
/** A passkey whose authenticator verified its user, by a finger or a PIN: bound to this site, of no use to who only listens or imitates it. */
export const PASSKEY_ACR = 'urn:amana:acr:passkey';
