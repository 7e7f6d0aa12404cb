// Everything here has to be refused; what comes back is printed for the test to judge.
import { randomBytes } from 'node:crypto';
import { label, lp4, sha256, u32 } from './bytes.mjs';
import { recordKey } from './keys.mjs';
import { call, connect, outcomeOf, readDetail } from './wire.mjs';

// RFC 9496, appendix A.1: the generator of ristretto255.
const GENERATOR = Buffer.from('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76', 'hex');
const STRONG = 1, RETAILER = 1, SUSPECTED = 6, COMPOUND_ONLY = 1, MISTAKE = 1;

/** A submission with all hashes and signatures right, whose item nobody can open. */
function submission(circleId, epoch, memberId, sign) {
    const item = randomBytes(24 + 1024 + 16);
    const record = recordKey();
    const recordId = sha256(label('gateway/v1/record'), circleId, u32(epoch), lp4(item));
    const memberSignature = sign(Buffer.concat([label('gateway/v1/issue'), recordId, record.pk]));
    const salt = randomBytes(32);
    const issuance = sha256(label('gateway/v1/issuance'), salt, memberId, record.pk, memberSignature);
    const expiryDay = Math.floor(Date.now() / 86_400_000) + 30;
    return {
        record_id: recordId, circle_id: circleId, epoch, item, record_pk: record.pk, member_signature: memberSignature, issuance_salt: salt, expiry_day: expiryDay,
        signature: record.sign(Buffer.concat([label('gateway/v1/publish'), recordId, u32(expiryDay), issuance])),
    };
}

function publish(client, submitted) {
    return new Promise((resolve, reject) => {
        const stream = client.Publish({ deadline: Date.now() + 30_000 });
        const outcomes = [];
        stream.on('data', (response) => outcomes.push(...response.outcomes));
        stream.on('error', reject);
        stream.on('end', () => (outcomes.length === 1 ? resolve(outcomes[0]) : reject(new Error(`one submission got ${outcomes.length} outcomes`))));
        stream.write({ submissions: [submitted] });
        stream.end();
    });
}

async function publishOutcome(client, submitted) {
    const outcome = await publish(client, submitted);
    if (!outcome.record_id.equals(submitted.record_id)) throw new Error('the outcome is of another record');
    return outcome.outcome === 'refusal' ? readDetail(outcome.refusal) : { status: 0, code: null };
}

const followed = (client) => new Promise((resolve, reject) => client.Follow({ from_index: 0 }).on('data', resolve).on('error', reject));

/** Tries each thing and names what came of it. */
export async function trespass(state, keys, memberId, circle, record, secondEnrolment) {
    const mine = connect(state);
    const nobody = connect(state, { anonymous: true });
    const evaluate = (elements, version = 1) => outcomeOf(call(mine.PseudonymsService, 'Evaluate', { identifier_class: STRONG, version, blinded_elements: elements }));
    const bit255 = Buffer.from(GENERATOR);
    bit255[31] |= 0x80;
    const policy = {
        name: 'mine', purpose: 'Test', legal_basis: 'Test', steward_id: memberId, founding_member_ids: [memberId], publishing_roles: [RETAILER], reading_roles: [RETAILER],
        minimum_evidence_grade: SUSPECTED, maximum_retention_days: 30, name_matching: COMPOUND_ONLY,
    };
    return {
        publish_into_another_circle: await publishOutcome(mine.ExchangeService, submission(circle, 0, memberId, keys.sign)),
        publish_into_no_circle: await publishOutcome(mine.ExchangeService, submission(randomBytes(16), 0, memberId, keys.sign)),
        withdraw_of_another: await outcomeOf(call(mine.ExchangeService, 'Withdraw', { record_id: record, reason: MISTAKE, signature: randomBytes(64) })),
        propose_change: await outcomeOf(call(mine.AdministrationService, 'ProposeChange', { change: { circle_policy: { policy } } })),
        approve_change: await outcomeOf(call(mine.AdministrationService, 'ApproveChange', { id: 1 })),
        evaluate_one: await evaluate([GENERATOR]),
        evaluate_none: await evaluate([]),
        evaluate_513: await evaluate(Array(513).fill(GENERATOR)),
        evaluate_identity: await evaluate([GENERATOR, Buffer.alloc(32)]),
        evaluate_bit_255: await evaluate([bit255]),
        evaluate_short_element: await evaluate([GENERATOR.subarray(1)]),
        evaluate_other_version: await evaluate([GENERATOR], 999),
        message_over_1_mib: await evaluate(Array(32_000).fill(GENERATOR)),
        inclusion_beyond_the_log: await outcomeOf(call(mine.LogService, 'GetInclusionProof', { index: 0, tree_size: 1_000_000 })),
        follow_without_certificate: await outcomeOf(followed(nobody.ExchangeService)),
        directory_without_certificate: await outcomeOf(call(nobody.MembershipService, 'GetDirectory', {})),
        evaluate_without_certificate: await outcomeOf(call(nobody.PseudonymsService, 'Evaluate', { identifier_class: STRONG, version: 1, blinded_elements: [GENERATOR] })),
        invitation_used_again: await outcomeOf(secondEnrolment(nobody)),
    };
}
