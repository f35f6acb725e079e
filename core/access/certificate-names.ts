/** What Node tells of a client's certificate. */
export interface CertificateNames {
  readonly subject?: { readonly CN?: string | readonly string[] } | undefined;
  /** `DNS:a, URI:b`; names with a comma or a quote in them are written as JSON strings. */
  readonly subjectaltname?: string | undefined;
}

const ALTERNATIVE = /(DNS|URI|email):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)|[^,]*(?:, |$)/gy;

/**
 * Names of a certificate as the file of credentials writes them: `CN=`, `DNS:`, `URI:` and `email:`. A subject of
 * several common names has none of them: which one counts would be anybody's guess.
 */
export function certificateNames({ subject, subjectaltname = '' }: CertificateNames): string[] {
  const names: string[] = [];
  if (typeof subject?.CN === 'string') names.push(`CN=${subject.CN}`);
  for (const [, kind, value] of subjectaltname.matchAll(ALTERNATIVE)) {
    if (kind === undefined || value === undefined || value === '') continue;
    names.push(`${kind}:${value.startsWith('"') ? unquoted(value) : value}`);
  }
  return names;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
