/** Where launches run, ours and the peers' alike. */
export interface Host {
  /** All of them are pinned to it, and so is the busy neighbour. */
  cpu: number;
  /** An empty folder for what a peer leaves in its working directory. */
  folder: string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** One operation that both measure. */
export interface Pair {
  /** Id in the catalogue of the probe. */
  ourMetric: string;
  /** The peer's command for it, shortened. */
  theirOperation: string;
  /** How their operation differs from ours, in words; undefined if it does not differ in a way that matters. */
  includes?: string;
  /**
   * Runs the peer once, for about that many seconds if it accepts a duration.
   * @returns ns of one operation, as the peer reports it
   * @throws Error that says why there is no figure
   */
  launch(host: Host, seconds: number): Promise<number>;
}

export type Found = { version: string; pairs: readonly Pair[] } | { absent: string };

/** Another program that measures some of what the probe measures. */
export interface Peer {
  name: string;
  /** Looks for it on this machine. */
  find(host: Host): Promise<Found>;
}
