// oidc-provider runs on Node 20 and says at import that it would rather not, and later that there it cannot keep its requests away from
// addresses of this machine. It makes none but to the platform, which may well be here.
const known = ['Unsupported runtime', 'SSRF protection'];
const warn = console.warn;
console.warn = (...words: unknown[]) => {
  if (!known.some((one) => String(words[0]).includes(one))) warn(...words);
};
const { Provider, interactionPolicy, errors } = await import('oidc-provider');

export { Provider, errors, interactionPolicy };
