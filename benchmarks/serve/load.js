// Calls one RPC at a steady rate, whether or not earlier calls have been answered. Each call that ends is a row of the
// CSV file that k6 writes: when, how long it took, and its status. k6.py tells what to do, by the environment.
import grpc from "k6/net/grpc";

const request = JSON.parse(open(__ENV.REQUEST_FILE));
const client = new grpc.Client();
client.load([__ENV.PROTO_FOLDER], "phiz/v1/phiz.proto");

export const options = {
  scenarios: {
    steady: {
      executor: "constant-arrival-rate",
      rate: Math.round(1000 * Number(__ENV.REQUESTS_PER_SECOND)),
      timeUnit: "1000s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.CALLERS),
      gracefulStop: "60s",
    },
  },
};

let connected = false;

export default function () {
  if (!connected) {
    client.connect(__ENV.TARGET, { plaintext: true });
    connected = true;
  }
  client.invoke(`phiz.v1.Phiz/${__ENV.RPC}`, request, { discardResponseMessage: true });
}
