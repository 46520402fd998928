/** A keyword of a Dockerfile at the beginning of a line of the history. */
const KEYWORD =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?=\s|$)/;

/** What stands before the command of a `RUN`: the build's arguments, counted, and the shell. */
const ARGUMENTS = /^\|\d+ .*?(?<=\s)(?=(?:\S*\/)?(?:ba|da|a|z|k)?sh -|cmd \/S \/C |powershell -Command )/s;
const SHELL =
  /^(?:(?:\S*\/)?(?:ba|da|a|z|k)?sh(?: -[a-z]+| (?:pipefail|errexit|nounset|xtrace))*? -[a-z]*c|cmd \/S \/C|powershell -Command) /;

/** BuildKit signs what it writes. */
const BUILDKIT = '# buildkit';

/** Says of a step that it only changed the config. */
const NO_COMMAND = /^\/bin\/sh -c #\(nop\)\s*/;

/**
 * A step of an image's history as the Dockerfile had it, whatever builder wrote it down: docker's old one, BuildKit, or
 * Buildah. What is none of their forms stays as it is.
 */
export function readInstruction(createdBy: string): string {
  const trimmed = createdBy.trim();
  const text = trimmed.endsWith(BUILDKIT) ? trimmed.slice(0, -BUILDKIT.length).trim() : trimmed;
  const plain = text.replace(NO_COMMAND, '').trim();
  const [keyword] = KEYWORD.exec(plain) ?? [];
  if (keyword !== undefined) {
    const rest = plain.slice(keyword.length).trim();
    return `${keyword} ${readArguments(keyword, rest)}`.trim();
  }
  // Only docker's old builder writes a command without a keyword.
  const command = withoutShell(plain);
  return plain === text && command !== plain ? `RUN ${command}` : plain;
}

function readArguments(keyword: string, text: string): string {
  switch (keyword) {
    case 'RUN':
      return withoutShell(text);
    case 'CMD':
    case 'ENTRYPOINT':
      return readCommand(text);
    case 'SHELL':
      return quoted(wordsOf(text) ?? /^\[(.*)\]$/s.exec(text)?.[1]?.split(' ')) ?? text;
    case 'EXPOSE':
      return text
        .replace(/^map\[(.*)\]$/, '$1')
        .replace(/^\[(.*)\]$/, '$1')
        .replaceAll(':{}', '');
    case 'STOPSIGNAL':
    case 'USER':
    case 'VOLUME':
      return wordsOf(text) === undefined ? text.replace(/^\[(.*)\]$/, '$1') : (quoted(wordsOf(text)) ?? text);
    case 'ADD':
    case 'COPY':
      return text
        .replace(/^((?:file|dir|multi):[0-9a-f]{12})[0-9a-f]* in /, '$1 ')
        .replace(/^((?:file|dir|multi):\S+) in /, '$1 ');
    case 'HEALTHCHECK':
      return readHealthCheck(text);
    default:
      return text;
  }
}

function withoutShell(text: string): string {
  return text.replace(ARGUMENTS, '').replace(SHELL, '').trim();
}

/** What ran in a shell was written without one. */
function readCommand(text: string): string {
  const words = wordsOf(text);
  const [shell, option, command] = words ?? [];
  if (words?.length === 3 && shell === '/bin/sh' && option === '-c' && command !== undefined) return command;
  return quoted(words) ?? text;
}

/** `["node" "server.js"]`, as Go prints a list, or the same with commas; undefined for anything else. */
function wordsOf(text: string): readonly string[] | undefined {
  if (!/^\[\s*(?:"(?:[^"\\]|\\.)*"[\s,]*)*\]$/s.test(text)) return undefined;
  const words = text.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  try {
    return words.map((word) => String(JSON.parse(word)));
  } catch {
    // Go has escapes that JSON does not have: then it is shown as it was printed.
    return undefined;
  }
}

function quoted(words: readonly string[] | undefined): string | undefined {
  return words && `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

/** `&{["CMD-SHELL" "curl -f localhost"] "30s" "3s" "0s" "0s" '\x03'}`, in which the last but one came later. */
function readHealthCheck(text: string): string {
  const [, test = '', times = '', hex, letter, character] =
    /^&?\{(\[.*?\]) ((?:"[^"]*" ?)*)'(?:\\x([0-9a-f]{2})|\\([abtnvfr])|(.))'\}$/s.exec(text) ?? [];
  const [kind, ...words] = wordsOf(test) ?? [];
  if (kind === 'NONE') return 'NONE';
  if (kind === undefined) return text;
  const [interval, timeout, startPeriod, startInterval] = (times.match(/"[^"]*"/g) ?? []).map((each) =>
    each.slice(1, -1),
  );
  const retries = numberOf(hex, letter, character);
  const options = Object.entries({
    interval,
    timeout,
    'start-period': startPeriod,
    'start-interval': startInterval,
  })
    .filter(([, value]) => value !== undefined && value !== '0s')
    .map(([name, value]) => `--${name}=${value}`);
  if (retries > 0) options.push(`--retries=${retries}`);
  const command = kind === 'CMD-SHELL' ? words.join(' ') : quoted(words);
  return [...options, `CMD ${command}`].join(' ');
}

/** Of a character as Go prints it: `'\x03'`, `'\t'`, `' '`. */
function numberOf(hex?: string, letter?: string, character?: string): number {
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (letter !== undefined) return 7 + 'abtnvfr'.indexOf(letter);
  return character?.codePointAt(0) ?? 0;
}
