import assert from "node:assert/strict";
import fc from "fast-check";
import { agreedContexts, APPLICATION_CONTEXT, negotiate } from "./negotiation.ts";
import { createNegotiationPolicy, type PolicyOptions } from "./negotiation_policy.ts";
import { type AssociateRequest, decodePdu, encodePdu } from "./pdu.ts";
import { EMPTY_USER_INFORMATION } from "./user_information.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";
const ECHO = "1.2.840.10008.1.1";
const FIND = "1.2.840.10008.5.1.4.1.2.2.1";
const COMMITMENT = "1.2.840.10008.1.20.1";
const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const JPEG = "1.2.840.10008.1.2.4.70";

const OPTIONS: PolicyOptions = {
  refuse: () => undefined,
  maximumLength: 16_384,
  acceptedTransferSyntaxes: ["1.2.840.10008.1.*"],
  acceptedSopClasses: undefined,
  rejectedSopClasses: undefined,
  unknownSopClassAccepted: false,
  services: [ECHO, FIND, COMMITMENT],
};

const REQUEST: AssociateRequest = {
  kind: "associateRequest",
  protocolVersion: 1,
  calledAeTitle: "SERVER",
  callingAeTitle: "SCANNER",
  applicationContext: APPLICATION_CONTEXT,
  contexts: [],
  user: EMPTY_USER_INFORMATION,
};

/** The result and transfer syntax for one context. */
function answer(
  abstractSyntax: string,
  transferSyntaxes: string[],
  options: Partial<PolicyOptions> = {},
): [number, string | undefined] {
  const request = { ...REQUEST, contexts: [{ id: 7, abstractSyntax, transferSyntaxes }] };
  const negotiation = negotiate(request, createNegotiationPolicy({ ...OPTIONS, ...options }));
  assert(negotiation.kind === "accept");
  const [context] = negotiation.pdu.contexts;
  assert.equal(context?.id, 7);
  assert.equal(negotiation.contexts.has(7), context.result === 0);
  return [context.result, context.transferSyntax];
}

const uid = fc.constantFrom(CT, ECHO, FIND, COMMITMENT, "1.2.3", "", "1.2.840.10008.1.3.10");
const syntax = fc.constantFrom(IMPLICIT, EXPLICIT, JPEG, "1.2.3.4", "");
const byte = fc.integer({ min: 0, max: 255 });
const anyRequest: fc.Arbitrary<AssociateRequest> = fc.record({
  kind: fc.constant("associateRequest" as const),
  protocolVersion: fc.integer({ min: 0, max: 0xffff }),
  calledAeTitle: fc.constantFrom("SERVER", "OTHER"),
  callingAeTitle: fc.constantFrom("SCANNER", ""),
  applicationContext: fc.constantFrom(APPLICATION_CONTEXT, APPLICATION_CONTEXT, "1.2", undefined),
  contexts: fc.uniqueArray(
    fc.record({
      id: fc.nat(127).map((index) => 2 * index + 1),
      abstractSyntax: uid,
      transferSyntaxes: fc.array(syntax, { maxLength: 4 }),
    }),
    { selector: ({ id }) => id, maxLength: 20 },
  ),
  user: fc.record({
    ...Object.fromEntries(
      Object.entries(EMPTY_USER_INFORMATION).map(([name, value]) => [name, fc.constant(value)]),
    ) as { [K in keyof typeof EMPTY_USER_INFORMATION]: fc.Arbitrary<never> },
    roles: fc.array(fc.record({ sopClassUid: uid, scu: byte, scp: byte }), { maxLength: 5 }),
    asynchronousOperations: fc.constant({ invoked: 0, performed: 0 }),
  }),
}, { noNullPrototype: true });

Deno.test("negotiate() answers each context once, with what was proposed and is supported", () => {
  const policy = createNegotiationPolicy(OPTIONS);
  fc.assert(fc.property(anyRequest, (request) => {
    const negotiation = negotiate(request, policy);
    if (negotiation.kind === "reject") {
      const isWrong = request.protocolVersion % 2 === 0 ||
        request.applicationContext !== APPLICATION_CONTEXT;
      return assert(isWrong);
    }
    const { pdu, contexts } = negotiation;
    assert.deepEqual(pdu.contexts.map(({ id }) => id), request.contexts.map(({ id }) => id));
    for (const [index, { id, abstractSyntax, transferSyntaxes }] of request.contexts.entries()) {
      const { result, transferSyntax } = pdu.contexts[index]!;
      const support = policy.support(abstractSyntax);
      const acceptable = transferSyntaxes.filter((each) => support?.accepts(each));
      assert.equal(result, !support ? 3 : acceptable.length === 0 ? 4 : 0);
      assert.equal(contexts.get(id)?.transferSyntaxUid, acceptable[0]);
      if (result === 0) assert.equal(transferSyntax, acceptable[0]);
    }
    for (const role of pdu.user.roles) {
      const proposed = request.user.roles.filter(({ sopClassUid }) =>
        sopClassUid === role.sopClassUid
      );
      assert(proposed.some(({ scu, scp }) => (scu || !role.scu) && (scp || !role.scp)));
    }
    assert.deepEqual(decodePdu(2, encodePdu(pdu).subarray(6)), pdu);
  }));
});

Deno.test("negotiate() takes the first acceptable transfer syntax of the requestor", () => {
  assert.deepEqual(answer(CT, [JPEG, EXPLICIT, IMPLICIT]), [0, JPEG]);
  assert.deepEqual(answer(CT, ["1.2.3", IMPLICIT, EXPLICIT]), [0, IMPLICIT]);
  assert.deepEqual(answer(FIND, [JPEG, EXPLICIT]), [0, EXPLICIT]);
});

Deno.test("negotiate() tells an unsupported abstract syntax from unsupported transfer syntaxes", () => {
  assert.deepEqual(answer("1.2.840.10008.1.3.10", [IMPLICIT])[0], 3);
  assert.deepEqual(answer(CT, ["1.2.3"])[0], 4);
  assert.deepEqual(answer(CT, [])[0], 4);
  assert.deepEqual(answer(ECHO, [JPEG])[0], 4);
});

Deno.test("negotiate() accepts SOP classes and transfer syntaxes as configured", () => {
  const unknown = "1.3.46.670589.5.0.1";
  assert.equal(answer(unknown, [EXPLICIT])[0], 3);
  assert.equal(answer(unknown, [EXPLICIT], { unknownSopClassAccepted: true })[0], 0);
  assert.equal(answer(unknown, [EXPLICIT], { acceptedSopClasses: [unknown] })[0], 0);
  assert.equal(answer(CT, [EXPLICIT], { acceptedSopClasses: [unknown] })[0], 3);
  assert.equal(answer(CT, [EXPLICIT], { rejectedSopClasses: [CT] })[0], 3);
  const service = "1.2.840.10008.5.1.4.1.2.1.1"; // known, not stored and not served
  assert.equal(answer(service, [EXPLICIT], { unknownSopClassAccepted: true })[0], 3);
  assert.equal(answer(CT, [JPEG], { acceptedTransferSyntaxes: ["1.2.840.10008.1.2.?"] })[0], 4);
  assert.equal(answer(CT, [EXPLICIT], { acceptedTransferSyntaxes: ["1.2.840.10008.1.2.?"] })[0], 0);
  assert.equal(answer(CT, ["1x2.840.10008.1.2"], { acceptedTransferSyntaxes: ["*"] })[0], 4);
});

Deno.test("negotiate() rejects other protocols, and whom the policy refuses", () => {
  const rejected = (request: Partial<AssociateRequest>) => {
    const negotiation = negotiate(
      { ...REQUEST, ...request },
      createNegotiationPolicy({
        ...OPTIONS,
        refuse: ({ called }) =>
          called === "SERVER"
            ? undefined
            : { rejection: "calledAeTitleNotRecognized", why: `${called} is not called` },
      }),
    );
    assert(negotiation.kind === "reject");
    const { result, source, reason } = negotiation.pdu;
    return [result, source, reason, negotiation.why];
  };
  assert.deepEqual(rejected({ protocolVersion: 2 }).slice(0, 3), [1, 2, 2]);
  assert.deepEqual(rejected({ applicationContext: "1.2" }).slice(0, 3), [1, 1, 2]);
  assert.deepEqual(rejected({ applicationContext: undefined }).slice(0, 3), [1, 1, 2]);
  assert.deepEqual(rejected({ calledAeTitle: "X" }), [1, 1, 7, "X is not called"]);
});

Deno.test("negotiate() lets a requestor be SCP of storage and commitment, not of queries", () => {
  const uids = [CT, COMMITMENT, FIND, ECHO];
  const request: AssociateRequest = {
    ...REQUEST,
    contexts: uids.map((abstractSyntax, index) => ({
      id: 2 * index + 1,
      abstractSyntax,
      transferSyntaxes: [IMPLICIT],
    })),
    user: {
      ...EMPTY_USER_INFORMATION,
      roles: [
        { sopClassUid: CT, scu: 0, scp: 1 },
        { sopClassUid: COMMITMENT, scu: 1, scp: 1 },
        { sopClassUid: FIND, scu: 1, scp: 1 },
        { sopClassUid: "1.2.3", scu: 1, scp: 1 },
      ],
    },
  };
  const negotiation = negotiate(request, createNegotiationPolicy(OPTIONS));
  assert(negotiation.kind === "accept");
  assert.deepEqual(negotiation.pdu.user.roles, [
    { sopClassUid: CT, scu: 0, scp: 1 },
    { sopClassUid: COMMITMENT, scu: 1, scp: 1 },
    { sopClassUid: FIND, scu: 1, scp: 0 },
  ]);
  const roles = [...negotiation.contexts.values()].map(({ requestorRoles }) => requestorRoles);
  assert.deepEqual(roles, [
    { scu: false, scp: true },
    { scu: true, scp: true },
    { scu: true, scp: false },
    { scu: true, scp: false },
  ]);
});

Deno.test("negotiate() says nothing of what it does not use", () => {
  const user = {
    ...EMPTY_USER_INFORMATION,
    asynchronousOperations: { invoked: 0, performed: 0 },
    extendedNegotiations: [{ sopClassUid: FIND, information: Uint8Array.of(1) }],
    userIdentity: {
      type: 1,
      positiveResponseRequested: 1,
      primaryField: Uint8Array.of(0x41),
      secondaryField: new Uint8Array(),
    },
  };
  const negotiation = negotiate({ ...REQUEST, user }, createNegotiationPolicy(OPTIONS));
  assert(negotiation.kind === "accept");
  const { asynchronousOperations, extendedNegotiations, userIdentityResponse, maximumLength } =
    negotiation.pdu.user;
  assert.deepEqual(
    [asynchronousOperations, extendedNegotiations, userIdentityResponse, maximumLength],
    [undefined, [], undefined, 16_384],
  );
});

Deno.test("agreedContexts() leaves out what was accepted without being proposed", () => {
  const contexts = [{ id: 1, abstractSyntax: CT, transferSyntaxes: [IMPLICIT] }];
  const agreed = (id: number, result: number, transferSyntax: string | undefined) =>
    agreedContexts({ ...REQUEST, contexts }, {
      ...REQUEST,
      kind: "associateAccept",
      contexts: [{ id, result, transferSyntax }],
    }).size;
  assert.equal(agreed(1, 0, IMPLICIT), 1);
  assert.equal(agreed(3, 0, IMPLICIT), 0);
  assert.equal(agreed(1, 0, EXPLICIT), 0);
  assert.equal(agreed(1, 0, undefined), 0);
  assert.equal(agreed(1, 1, IMPLICIT), 0);
});
