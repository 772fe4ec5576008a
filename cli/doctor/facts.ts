import type { NamedRange } from './overlap.ts';

/** What can be found out of a machine and its engine; null = it could not. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly engine: EngineFacts | null;
  /** Why there is no engine. */
  readonly engineError: string;
  readonly engineRemedy: string;
  /** `2.26.1`; or what is wrong with it, and what to do. */
  readonly compose: { readonly version: string; readonly remedy: string };
  /** Of the machine's ports that the gateway takes: number → free. */
  readonly ports: ReadonlyMap<number, boolean>;
  /** null = the mesh's image is not here to try it. */
  readonly nft: NftTrial | null;
  /** Where images and volumes are kept, on this machine; null = elsewhere. */
  readonly freeBytes: number | null;
  /** A socket of the engine that a container can be given; null = none is known. */
  readonly socket: string | null;
  /** Where this machine sends packets, without the engine's own bridges. */
  readonly routes: readonly NamedRange[];
  readonly inotify: InotifyLimits | null;
  readonly containerProxy: ContainerProxy | null;
  /** DOCKER_API_VERSION; '' = the newest that both know. */
  readonly askedApi: string;
}

/** A rule was loaded in a container as an agent does it. */
export interface NftTrial {
  /** The container ran. */
  readonly didStart: boolean;
  /** '' = all went well. */
  readonly said: string;
}

export interface InotifyLimits {
  readonly instances: number;
  readonly watches: number;
}

/** HTTP_PROXY and NO_PROXY that the Docker client gives to every container (`proxies` of ~/.docker/config.json). */
export interface ContainerProxy {
  readonly address: string;
  readonly except: string;
}

export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  /** `Docker Desktop`, `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  readonly isRootless: boolean;
  readonly isPodman: boolean;
  /** It runs on the machine that this program runs on. */
  readonly isHere: boolean;
  /** It is asked over a network: DOCKER_HOST is tcp://… or ssh://…. */
  readonly isRemote: boolean;
  /** `runc`, `crun`. */
  readonly runtime: string;
  /** `name=seccomp,profile=default`, `name=selinux`. */
  readonly securityOptions: readonly string[];
  readonly cgroupVersion: string;
  /** What the engine itself pulls images through. */
  readonly proxy: string;
  /** The engine's clock less this program's. */
  readonly clockAheadMs: number;
  readonly memoryBytes: number;
  readonly networks: readonly NamedRange[];
  /** The ranges that new networks come from are Docker's own ones. */
  readonly hasUsualPools: boolean;
}
