/**
 * Every failure that this program tells, by its code: what it means and what to do. docs/errors.md is made of it
 * (`npm run reference`).
 */
export const ERROR_CODES = {
  LAT1000: [
    'The command line cannot be understood',
    'The line under it names the nearest command or option; `--help` says what there is.',
  ],
  LAT1001: [
    'The Docker daemon does not answer',
    'Start Docker, or let `DOCKER_HOST` or `docker context use` name the engine that runs. `lateen doctor` looks at both.',
  ],
  LAT1002: [
    'You may not use the Docker socket',
    'On Linux: `sudo usermod -aG docker $USER`, then log in again.',
  ],
  LAT1003: [
    'No controller runs',
    'Start the mesh: `lateen up`, or `docker compose up -d` in a project that includes `compose/mesh.yml`.',
  ],
  LAT1004: [
    'Several controllers run, and it is not said which is meant',
    'Name the compose project or mesh id: `--mesh NAME`.',
  ],
  LAT1005: [
    'The controller answered with an error',
    'It may still be starting. Else look into `docker compose logs lateen-controller`.',
  ],
  LAT1006: [
    'A proxy answered with an error',
    'Its container may have ended: `lateen proxy-status` says which are connected.',
  ],
  LAT1007: [
    'Nothing of that name is known',
    'The remedy names what is known, or what is most like it. A container without the label `lateen.inject: "true"` has no proxy.',
  ],
  LAT1008: [
    'Something that must be named is not',
    'The message says what; `--help` of the command has an example.',
  ],
  LAT1009: [
    'What was given cannot be used',
    'The message says why: a file of another kind, a name that is none, a host that cannot be asked so.',
  ],
  LAT1011: [
    'The image of a visitor cannot be used',
    '`lateen x as` runs a program of an image that is on this machine and not run as user 1337.',
  ],
  LAT1012: [
    'The program is not in the image',
    'Name an image that has it: `lateen x as SERVICE --image IMAGE -- PROGRAM`.',
  ],
  LAT1013: [
    'An agent did not get ready in time',
    'The controller’s log says why: `docker compose logs lateen-controller`.',
  ],
  LAT1014: [
    'A service has no agent',
    'Give it the label `lateen.inject: "true"` and a network of Docker, and start it again.',
  ],
  LAT1015: [
    'Containers of one service have several identities',
    'Name one of the compose services, as the remedy lists them.',
  ],
  LAT1020: ['A compose file cannot be read', 'Check its path, and that you may read it.'],
  LAT1021: [
    'A compose file is not YAML',
    'Mend it at the line that is named; `docker compose config` checks it too.',
  ],
  LAT1022: [
    'A variable of a compose file cannot be put in',
    'Set it in the environment or in `.env`, or close its brace.',
  ],
  LAT1023: ['A compose service extends itself', 'Remove one of the `extends`.'],
  LAT1024: [
    'Docker Compose is too old',
    '`lateen inject` writes what Compose 2.20.3 can read, and 2.24.4 where several files or `extends` are in it.',
  ],
  LAT1025: [
    'A port of the controller is not published',
    'compose/mesh.yml of this version publishes it: `docker compose up -d` makes the controller anew.',
  ],
  LAT1999: [
    'Something that nobody expected',
    'It is a fault of this program: please tell us, with the output of `lateen bug-report`.',
  ],
} as const satisfies Readonly<Record<`LAT1${number}`, readonly [title: string, remedy: string]>>;

export type ErrorCode = keyof typeof ERROR_CODES;
