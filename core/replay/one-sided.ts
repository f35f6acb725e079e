import type { JudgeRules } from '../judge/rules.ts';
import { signTest } from '../quality/paired.ts';
import { type AnswerPair, type Deciding, decider } from './answers.ts';
import type { SideAnswers, SideBySide } from './side-by-side.ts';

/** How the answers of one side lie. */
export function sideAnswers(side: Deciding, scores: readonly AnswerPair['suspect'][]): SideAnswers {
  const finite = scores.filter((score) => score !== null);
  const decisions = new Map<unknown, number>();
  if (side.decision.task !== 'regression')
    for (const decided of finite.map(decider(side))) decisions.set(decided, (decisions.get(decided) ?? 0) + 1);
  return {
    finite: finite.length,
    distinct: new Set(finite).size,
    mostDecided: decisions.size === 0 ? null : Math.max(...decisions.values()),
  };
}

/**
 * How a version that looks at nothing shows without any truth: it gives one answer, or decides one class, on rows about
 * which the champion differs. So many of those must be that chance, at the level that versions are taken back at, would
 * not have left them all out. Nothing where truths say what the version is worth.
 */
export function oneSided({ champion, answers, source }: SideBySide, { takeBackLevel }: JudgeRules): string[] {
  if (answers === undefined || source === 'joined') return [];
  const { version: own, champion: other } = answers;
  const isClear = (count: number): boolean => count > 0 && signTest(count, 0) / 2 <= takeBackLevel;
  if (own.distinct === 1 && isClear(other.distinct - 1))
    return [`one answer to all ${own.finite} rows, where version ${champion} gives ${other.distinct} different ones`];
  if (own.mostDecided === null || own.mostDecided < own.finite || other.mostDecided === null) return [];
  const otherwise = other.finite - other.mostDecided;
  if (!isClear(otherwise)) return [];
  return [
    `one decision about all ${own.finite} rows, where version ${champion} decides ${otherwise} otherwise than the rest`,
  ];
}
