import { CollectorDoor, type CollectorDoorOptions } from './door.ts';
import type { CollectorProfile } from './profile.ts';

/** The doors of all profiles, as one. */
export class CollectorDoors {
  readonly #doors: readonly CollectorDoor[];

  constructor(profiles: readonly CollectorProfile[], options: Omit<CollectorDoorOptions, 'profile'>) {
    this.#doors = profiles.map((profile) => new CollectorDoor({ ...options, profile }));
  }

  /** Collectors that are logged in. */
  get sessions(): number {
    return this.#doors.reduce((total, { sessions }) => total + sessions, 0);
  }

  /** @returns the ports in use, in the order of the profiles @throws GanzhiError `port-taken` or `no-permission` */
  async start(): Promise<number[]> {
    const ports: number[] = [];
    for (const door of this.#doors) ports.push(await door.start());
    return ports;
  }

  enforceRegistry(): void {
    for (const door of this.#doors) door.enforceRegistry();
  }

  stopListening(): void {
    for (const door of this.#doors) door.stopListening();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#doors.map((door) => door.stop()));
  }
}
