/** A command of an image's history without what builders wrap around it. */
export interface ReadableCommand {
  /** `RUN`, `COPY`; empty where the history does not say. */
  readonly verb: string;
  readonly rest: string;
  readonly text: string;
}

const VERBS =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s+/;

/** `/bin/sh -c #(nop) CMD ["bash"]` is a `CMD`, `/bin/sh -c apt-get update` a `RUN`. */
export function readableCommand(createdBy: string): ReadableCommand {
  const plain = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^(RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /, 'RUN ')
    .replace(/\s*# buildkit\s*$/, '')
    .trim();
  const verb = VERBS.exec(plain)?.[1] ?? '';
  const rest = verb === '' ? plain : plain.slice(verb.length).trim();
  return { verb, rest, text: verb === '' ? rest : `${verb} ${rest}` };
}
