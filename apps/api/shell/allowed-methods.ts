import type { Request } from 'express';

/** As much of Express's router as is needed to ask it which routes it has. */
interface RouteLayer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** The methods that some route takes at the path of a request; none where there is nothing at all. */
export function allowedMethods({ app, path }: Request): string[] {
  const { stack } = (app as unknown as { router: { stack: readonly RouteLayer[] } }).router;
  const methods = stack.flatMap((layer) =>
    layer.route && layer.match(path) ? Object.keys(layer.route.methods).map((method) => method.toUpperCase()) : [],
  );
  if (methods.includes('GET')) methods.push('HEAD');
  return [...new Set(methods)].sort();
}
