import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { json, longJson } from '../http/json.ts';
import { actorOf } from '../http/request.ts';
import type { Store } from '../images/store.ts';
import { setTag, setTags } from '../images/tags.ts';
import { parseTag } from '../reference.ts';
import { planProtection, type TagPlan } from '../retention/protection-plan.ts';
import { describeReason, type Reason } from '../retention/reason.ts';
import { iso } from '../time.ts';
import { optional, readFields, type Fields } from './body.ts';
import type * as Contract from './contract.ts';
import type { TagsChanged, TagState } from './contract.ts';
import { repositoryQuery, tagQuery } from './query.ts';

const MOST_TAGS = 100_000;

/** So many tags of usual lengths. */
const LARGEST_BODY = 4 << 20;

/** Protection and expiry: of the tag in the address, or of all that the body names. */
export function tagSettingRoutes(router: Router, store: Store): void {
  router.patch('/api/tags', async (ctx) => {
    const repository = repositoryQuery(ctx);
    const tag = tagQuery(ctx);
    const members = ['protected', 'expiresAt'];
    const known = tag === undefined ? ['tags', ...members] : members;
    const fields = await readFields(ctx, known, LARGEST_BODY);
    const change = {
      protected: optional<boolean>(fields, 'protected', 'boolean'),
      expiresAt: parseExpiry(fields),
    };
    if (tag === undefined) {
      const changed: TagsChanged = await setTags(store, repository, parseTags(fields), change, actorOf(ctx));
      return json(ctx, changed);
    }
    const { tag: set, protector } = await setTag(store, repository, tag, change, actorOf(ctx));
    const state: TagState = {
      repository,
      tag,
      digest: set.digest,
      protected: set.protected ?? false,
      protectedBy: protector ?? null,
      expiresAt: set.expiresAt === undefined ? null : iso(set.expiresAt),
    };
    json(ctx, state);
  });

  router.post('/api/tags/plan', async (ctx) => {
    const repository = repositoryQuery(ctx);
    const fields = await readFields(ctx, ['tags', 'protected'], LARGEST_BODY);
    const isProtected = optional<boolean>(fields, 'protected', 'boolean');
    if (isProtected === undefined) throw new RegistryError('REQUEST_INVALID', '"protected" is missing.');
    const { tags, others } = await planProtection(store, repository, parseTags(fields), isProtected);
    const plan: Contract.ProtectionPlan = { tags: tags.map(describe), others: others.map(describe) };
    await longJson(ctx, plan);
  });
}

const describe = ({ tag, before, after }: TagPlan): Contract.TagPlan => ({
  tag,
  before: decision(before),
  after: decision(after),
});

const decision = (reason: Reason | undefined): Contract.TagDecision =>
  reason === undefined
    ? { stays: true, reason: 'it stays and goes with what it is attached to' }
    : { stays: reason.stays, reason: describeReason(reason) };

function parseTags(fields: Fields): string[] {
  const { tags } = fields;
  if (Array.isArray(tags) && tags.length <= MOST_TAGS && tags.every((each) => typeof each === 'string')) {
    return tags.map(parseTag);
  }
  throw new RegistryError(
    'REQUEST_INVALID',
    `Name the tag with ?tag=, or several as "tags", a list of at most ${MOST_TAGS}.`,
  );
}

function parseExpiry(fields: Fields): number | null | undefined {
  const value = fields['expiresAt'];
  if (value === null || value === undefined) return value;
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new RegistryError(
    'REQUEST_INVALID',
    '"expiresAt" must be a time as ISO 8601 has it, such as "2030-01-31T12:00:00Z", or null for never.',
  );
}
