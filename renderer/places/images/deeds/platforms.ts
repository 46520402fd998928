import type { ExportPlan } from '../../../../registry/api/contract.ts';

/** Which of their platforms can be taken alone: those that every image of several has. None if none has several. */
export function commonPlatforms(images: ExportPlan['images']): readonly string[] {
  const lists = images.map(({ platforms }) => platforms).filter(({ length }) => length > 0);
  if (!lists.some(({ length }) => length > 1)) return [];
  return [...new Set(lists[0])].filter((each) => lists.every((list) => list.includes(each)));
}
