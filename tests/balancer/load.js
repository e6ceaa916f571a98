// Asks for a face so many times a second, whatever the answers, and counts those that were OK. Nothing is tried again.
import grpc from "k6/net/grpc";
import { Counter } from "k6/metrics";

const answered = new Counter("answered");
const authority = open(__ENV.AUTHORITY);
const client = new grpc.Client();
client.load([__ENV.PROTO], "phiz/v1/phiz.proto");

export const options = {
  scenarios: {
    faces: {
      executor: "constant-arrival-rate",
      rate: Number(__ENV.RATE),
      timeUnit: "1s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 16,
    },
  },
};

export default function () {
  if (__ITER === 0) {
    client.connect(__ENV.TARGET, { tls: { cacerts: [authority] } });
  }
  const answer = client.invoke("phiz.v1.Phiz/Generate", { count: 1, seed: __ITER }, { timeout: "30s" });
  if (answer.status === grpc.StatusOK) {
    answered.add(1);
  } else {
    console.error(`${answer.status} ${JSON.stringify(answer.error)}`);
  }
}
