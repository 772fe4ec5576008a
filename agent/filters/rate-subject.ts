import { clientAddressOf } from '../exchange/client-address.ts';
import type { FilteredExchange } from '../exchange/filter.ts';
import { Subject } from '../policy/authorization/subject.ts';
import type { RequestView } from '../policy/header-matcher.ts';
import type { RateSubject } from '../policy/rate-limit/descriptors.ts';

/** A request as the actions of rate limits see it; what takes work is done when one of them asks. */
export class ExchangeRateSubject implements RateSubject {
  readonly #exchange: FilteredExchange;
  readonly #isGateway: boolean;
  #subject: Subject | null = null;
  #view: RequestView | null = null;

  constructor(exchange: FilteredExchange, isGateway: boolean) {
    this.#exchange = exchange;
    this.#isGateway = isGateway;
  }

  get subject(): Subject {
    const { peer, request, claims } = this.#exchange;
    this.#subject ??= new Subject(peer, request, claims, () => this.remoteAddress);
    return this.#subject;
  }

  get view(): RequestView {
    const { request, scheme, claims } = this.#exchange;
    this.#view ??= { head: request, path: request.path, scheme, claims };
    return this.#view;
  }

  get destination(): string {
    return this.#exchange.destinationName;
  }

  get remoteAddress(): string {
    const { request, peer } = this.#exchange;
    return clientAddressOf(request, peer, this.#isGateway);
  }
}
