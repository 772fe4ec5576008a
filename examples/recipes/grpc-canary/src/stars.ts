// Stars over gRPC. Without generated code: gRPC leaves it to both ends what a message is, and here it is JSON.

export interface Stars {
  readonly product: number;
  readonly stars?: number;
  /** The version that answered. */
  readonly by?: string;
}

const serialize = (message: Stars) => Buffer.from(JSON.stringify(message));
const deserialize = (bytes: Buffer) => JSON.parse(bytes.toString()) as Stars;
const coding = {
  ...{ requestSerialize: serialize, requestDeserialize: deserialize },
  ...{ responseSerialize: serialize, responseDeserialize: deserialize },
};

/** `get`: one question, one answer. `watch`: one question, and an answer whenever there is news. */
export const SERVICE = {
  get: { path: '/bookinfo.Stars/Get', requestStream: false, responseStream: false, ...coding },
  watch: { path: '/bookinfo.Stars/Watch', requestStream: false, responseStream: true, ...coding },
};
