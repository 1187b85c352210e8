// oidc-provider runs on Node 20 and says at import that it would rather not; every start would print it.
const warn = console.warn;
console.warn = (...words: unknown[]) => {
  if (!String(words[0]).includes('Unsupported runtime')) warn(...words);
};
const { Provider, interactionPolicy, errors } = await import('oidc-provider');
console.warn = warn;

export { Provider, errors, interactionPolicy };
