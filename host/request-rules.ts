/**
 * Who may ask the local server for what. It listens on this machine alone, but any page in a
 * browser of this machine can send it requests: a request must name the server as the browser knows
 * it, and one that does something must come from the server's own pages.
 */

export interface RequestHead {
  method: string;
  host: string | undefined;
  origin: string | undefined;
  contentType: string | undefined;
}

export interface Denial {
  status: number;
  message: string;
}

/** Why a request is refused, or undefined. `port` is the one the server listens on. */
export function denialOf(head: RequestHead, port: number): Denial | undefined {
  const hosts = [`localhost:${port}`, `127.0.0.1:${port}`];
  if (head.host === undefined || !hosts.includes(head.host)) {
    return { status: 403, message: `the Host header must be ${hosts.join(' or ')}` };
  }
  if (head.method === 'GET' || head.method === 'HEAD') return undefined;
  if (head.method !== 'POST') return { status: 405, message: 'only GET and POST are answered' };
  // A missing Origin is refused too: every browser names one for a POST.
  if (head.origin !== `http://${head.host}`) {
    return { status: 403, message: 'this may be called by the pages of this server alone' };
  }
  if (head.contentType !== 'application/json') {
    return { status: 415, message: 'the body must be application/json' };
  }
  return undefined;
}

/**
 * The policy that Forge gives a Custom UI page (`@forge/csp` 6.3.2, CSPInjectionService), less
 * Atlassian's own hosts: nothing here may be loaded from anywhere else.
 */
export const PAGE_POLICY = [
  "default-src 'self'",
  "frame-ancestors 'self'",
  "frame-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' data: blob:",
  "connect-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "form-action 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox allow-downloads allow-forms ' +
    'allow-modals allow-pointer-lock allow-same-origin allow-scripts',
].join('; ');
