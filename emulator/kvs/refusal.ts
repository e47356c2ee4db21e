/** An answer other than 2xx. The SDK turns it into ForgeKvsAPIError with the same code. */
export class KvsRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'KvsRefusal';
    this.status = status;
    this.code = code;
  }

  body(): { code: string; message: string } {
    return { code: this.code, message: this.message };
  }
}

/** 400 with the code given; most rules of the service end here. */
export function badRequest(code: string, message: string): KvsRefusal {
  return new KvsRefusal(400, code, message);
}

/** Code and message of a malformed body. Source: @forge/kvs 1.6.5, out/__test__/index.test.js. */
export function malformed(detail: string): KvsRefusal {
  return badRequest('BAD_REQUEST', `Provided request body is invalid: ${detail}`);
}

/** Source: @forge/kvs 1.6.5, out/__test__/index.test.js, and the probe 2026-10-09. */
export function keyNotFound(): KvsRefusal {
  return new KvsRefusal(404, 'KEY_NOT_FOUND', 'Provided key does not exist');
}
