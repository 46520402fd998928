import type { Repository } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import { compilePattern, type Pattern } from '../pattern.ts';
import type { Digest } from '../reference.ts';
import type { RetentionRule, Settings } from '../settings.ts';
import type { Store } from './store.ts';

/** A rule whose pattern protects a tag. */
export interface ProtectingRule {
  /** Its place in the settings, the first is 1. */
  readonly rule: number;
  readonly pattern: string;
}

interface Protector {
  readonly rule: number;
  readonly repositories: Pattern;
  readonly tags: readonly Pattern[];
}

/** Compiled once for each state of the settings. */
const compiled = new WeakMap<readonly RetentionRule[], readonly Protector[]>();

/** The first rule that protects such a tag, whether or not the tag exists. */
export function findProtectingRule(
  { retention }: Pick<Settings, 'retention'>,
  repository: string,
  tag: string,
): ProtectingRule | undefined {
  let protectors = compiled.get(retention);
  if (protectors === undefined) {
    protectors = retention.flatMap(({ repositories, protect = [] }, index) =>
      protect.length === 0
        ? []
        : [
            {
              rule: index + 1,
              repositories: compilePattern(repositories),
              tags: protect.map(compilePattern),
            },
          ],
    );
    compiled.set(retention, protectors);
  }
  for (const { rule, repositories, tags } of protectors) {
    const pattern = tags.find((each) => each.matches(tag));
    if (pattern !== undefined && repositories.matches(repository)) return { rule, pattern: pattern.text };
  }
  return undefined;
}

/** Whether the tag exists and nothing may change it. */
export function isProtected(store: Pick<Store, 'settings'>, repository: Repository, tag: string): boolean {
  const present = repository.tags.get(tag);
  if (present === undefined) return false;
  if (present.protected === true) return true;
  return findProtectingRule(store.settings.current, repository.name, tag) !== undefined;
}

/** Whether a tag points at the manifest that nothing may change. */
export function hasProtectedTag(
  store: Pick<Store, 'settings'>,
  repository: Repository,
  digest: Digest,
): boolean {
  for (const tag of repository.tagsOf(digest)) if (isProtected(store, repository, tag)) return true;
  return false;
}

/** @throws RegistryError TAG_PROTECTED for the first of the tags that is */
export function refuseProtected(
  store: Pick<Store, 'settings'>,
  repository: Repository,
  tags: Iterable<string>,
): void {
  for (const tag of tags) {
    if (isProtected(store, repository, tag)) throw protectedTag(store, repository, tag);
  }
}

export function protectedTag(
  store: Pick<Store, 'settings'>,
  { name, tags }: Repository,
  tag: string,
): RegistryError {
  const by = findProtectingRule(store.settings.current, name, tag);
  const remedies = [
    ...(tags.get(tag)?.protected === true ? [`run "berth unprotect ${name}:${tag}"`] : []),
    ...(by === undefined ? [] : [`take the pattern "${by.pattern}" out of retention rule ${by.rule}`]),
  ];
  return new RegistryError(
    'TAG_PROTECTED',
    `The tag ${name}:${tag} is protected. To change it, ${remedies.join(' and ')} first.`,
    { detail: { repository: name, tag } },
  );
}
