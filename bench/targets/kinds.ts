/** Where starts are timed. */
interface Place {
  /** Name or path of the container engine's client. */
  engine: string;
  /** An image that holds nothing but /true. */
  image: string;
  /** What the engine is given for each kind of container. */
  containerOptions: readonly string[];
}

/** A kind of target whose starts are timed, in turn with those of a peer. */
export interface Kind {
  spec: string;
  /** The same without syscall-gate and its probe. */
  peer?: readonly string[];
}

/** What is compared; another kind of target is another line. */
export const kindsOf = ({ engine, image, containerOptions }: Place): Kind[] => [
  { spec: 'host', peer: ['true'] },
  ...containerOptions.map((options) => ({
    spec: `container:${image} ${options}`.trim(),
    peer: [engine, 'run', '--rm', ...options.split(' ').filter(Boolean), image, '/true'],
  })),
];
