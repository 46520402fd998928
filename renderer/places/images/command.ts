/** A step of an image's history in two parts. */
export interface ReadableCommand {
  /** `RUN`, `COPY`; empty where the history does not say. */
  readonly verb: string;
  readonly rest: string;
  readonly text: string;
}

const VERBS =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s+/;

/** `CMD ["bash"]` is a `CMD`. */
export function readableCommand(text: string): ReadableCommand {
  const verb = VERBS.exec(text)?.[1] ?? '';
  return { verb, rest: text.slice(verb.length).trim(), text };
}
