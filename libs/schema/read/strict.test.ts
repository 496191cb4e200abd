import { describe, expect, it } from "vitest";
import { schemaOf } from "../schemas.ts";
import { strictProblems } from "./strict.ts";

const config = schemaOf("k8s.core.v1.ConfigMap");
const pod = schemaOf("k8s.core.v1.Pod");
const deployment = schemaOf("k8s.apps.v1.Deployment");

/** What sigs.k8s.io/json answers for the same texts. */
describe("strict problems in the order of the text", () => {
  it.each([
    [config, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}', []],
    [
      config,
      '{"apiVersion":"v1","metadata":{"name":"a","foo":1,"name":"a"},"bar":2,"bar":3,' +
        '"data":{"k":"v","k":"w"},"apiVersion":"v1"}',
      [
        'unknown field "metadata.foo"',
        'duplicate field "metadata.name"',
        'unknown field "bar"',
        'duplicate field "data.k"',
        'duplicate field "apiVersion"',
      ],
    ],
    [
      pod,
      '{"spec":{"containers":[{"name":"a","name":"b","zz":{"q":1,"q":[2,{"a":"}"}]}}],\n' +
        '"containers":[{"name":"c","yy":1}]},"spec":{"hostNetwork":true , "xx":-1.5e3}}',
      [
        'duplicate field "spec.containers[0].name"',
        'unknown field "spec.containers[0].zz"',
        'duplicate field "spec.containers"',
        'unknown field "spec.containers[0].yy"',
        'duplicate field "spec"',
        'unknown field "spec.xx"',
      ],
    ],
    [
      pod,
      '{"metadata":{"managedFields":[{"fieldsV1":{"a":1,"a":2}}],"labels":{"a.b":"1","a.b":"2"}},' +
        '"spec":{"containers":[{"resources":{"limits":{"cpu":"1","cpu":"2"}},' +
        '"livenessProbe":{"httpGet":{"zz":1},"tcpSocket":{"port":1,"port":2}}}]}}',
      [
        'duplicate field "metadata.labels.a.b"',
        'duplicate field "spec.containers[0].resources.limits.cpu"',
        'unknown field "spec.containers[0].livenessProbe.httpGet.zz"',
        'duplicate field "spec.containers[0].livenessProbe.tcpSocket.port"',
      ],
    ],
    [
      deployment,
      '{"spec":{"template":{"spec":{"volumes":[{"name":"x","zz":1,"emptyDir":{"q":1}}]}},' +
        '"strategy":{"rollingUpdate":{"maxSurge":1,"maxSurge":"2\\\\","x\\"y":1}}},"status":null}',
      [
        'unknown field "spec.template.spec.volumes[0].zz"',
        'unknown field "spec.template.spec.volumes[0].emptyDir.q"',
        'duplicate field "spec.strategy.rollingUpdate.maxSurge"',
        'unknown field "spec.strategy.rollingUpdate.x\\"y"',
      ],
    ],
    [pod, '{"spec":"x","metadata":[1,{"a":2}],"status":{"conditions":{}}}', []],
  ])("%#", (schema, text, wanted) => expect(strictProblems(schema, text)).toEqual(wanted));
});
