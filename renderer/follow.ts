import { commands } from './state/commands.ts';
import { events } from './state/events.svelte.ts';
import { jobs } from './state/jobs.svelte.ts';
import { keys } from './state/keys.svelte.ts';
import { preferences } from './state/preferences.svelte.ts';
import { registry } from './state/registry.svelte.ts';
import { repositories } from './state/repositories.svelte.ts';
import { router } from './state/router.svelte.ts';
import { undo } from './state/undo.svelte.ts';

/** Everything that listens as long as the window is open; returns how to end it. */
export function follow(): () => void {
  preferences.apply();
  const ends = [
    router.follow(),
    keys.follow(),
    repositories.follow(),
    registry.follow(),
    jobs.follow(),
    undo.follow(),
    commands.follow(),
    commands.on('open image', ({ repository, reference }) =>
      router.go({ place: 'images', repository, reference }),
    ),
    commands.on('open place', ({ place }) => router.go({ place })),
    events.on('reset', ({ server }) => undo.meet(server)),
    commands.on('undo', () => void undo.last()),
  ];
  events.start();
  return () => {
    events.stop();
    for (const end of ends) end();
  };
}
