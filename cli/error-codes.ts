/**
 * Every failure that this program tells, by its code: what it means and what to do. docs/errors.md is made of it
 * (`npm run reference`). A code that is no longer there is not given to something else.
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
  LAT1025: [
    'A port of the controller is not published',
    'compose/mesh.yml of this version publishes it: `docker compose up -d` makes the controller anew.',
  ],
  LAT1028: [
    'Docker Compose refuses the project',
    'The message is Compose’s own, with the place in your file. `docker compose config` says it too.',
  ],
  LAT1029: ['There is no compose file', 'Go to the folder of your project, or name the file: `-f FILE`.'],
  LAT1030: [
    'A service has no network namespace of its own',
    'With `network_mode: host`, `service:` or `container:` an agent has no place beside it. Give it a network, or leave it out of the mesh: label `lateen.inject: "false"`, or `--leave-out SERVICE`.',
  ],
  LAT1031: [
    'The project is for Docker Swarm only',
    'Overlay networks, `deploy.mode: global`, jobs, and secrets or configs that are external need a swarm. Take them out, or put them into a compose file of their own for the swarm.',
  ],
  LAT1032: [
    'The project has agents already',
    'It was made by `lateen inject`: run it by `docker compose up -d`, or get the original back by `lateen uninject`.',
  ],
  LAT1033: [
    'A port of this machine is taken',
    'Stop what holds it, or publish another one. Ports of the gateway are chosen by `LATEEN_HTTP_PORT` and `LATEEN_HTTPS_PORT`.',
  ],
  LAT1034: [
    'An image cannot be built or pulled',
    'The last lines of the builder are in the message; `docker compose build SERVICE` shows all of them.',
  ],
  LAT1035: [
    'Docker Compose is missing or too old',
    'Install the Compose plugin: docs.docker.com/compose/install. `lateen up` takes 2.20 or newer; what `lateen inject` writes takes 2.20.3, and 2.24.4 where several files, `extends` or services of included files are in it.',
  ],
  LAT1036: ['The Docker engine is too old', 'Install Docker 20.10 (API 1.41) or newer.'],
  LAT1037: [
    'Docker Compose could not start the project',
    'All is as it was before: what was started is gone, and what ran, runs again. The message is Compose’s own.',
  ],
  LAT1038: [
    'The mesh did not come into force in time',
    'All is as it was before. The message names the proxies that were missing and why; a longer time is given by `--timeout SECONDS`.',
  ],
  LAT1039: [
    'No service of the project can be in the mesh',
    'Every one of them is left out, has no network, or belongs to a profile that is not on (`--profile NAME`).',
  ],
  LAT1040: ['No mesh of this project runs', 'Start it by `lateen up`.'],
  LAT1041: ['A file or folder of the mesh cannot be made', 'Check that you may write there.'],
  LAT1042: [
    'The mesh is not one of tests',
    '`lateen test` works where the controller has `LATEEN_TEST_MESH=1`: start the mesh by `LATEEN_TEST_MESH=1 lateen up`.',
  ],
  LAT1043: [
    'A mesh of tests did not do what it was asked',
    'Nothing has changed: the message says what is wrong with the documents, or which proxy did not take them.',
  ],
  LAT1044: [
    'What a project needs is not there, or taken',
    'Nothing was started. A network or volume is `external` and missing, a file that is to be mounted is missing, or a container of another project has the name (`container_name`).',
  ],
  LAT1045: [
    'Another run is at work on the project',
    'Two of `lateen up` and `lateen down` at once would take down what the other one starts: wait until it has ended.',
  ],
  LAT1999: [
    'Something that nobody expected',
    'It is a fault of this program: please tell us, with the output of `lateen bug-report`.',
  ],
} as const satisfies Readonly<Record<`LAT1${number}`, readonly [title: string, remedy: string]>>;

export type ErrorCode = keyof typeof ERROR_CODES;
