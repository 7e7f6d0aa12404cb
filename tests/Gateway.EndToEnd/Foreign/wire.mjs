// Services and messages as protos/ states them, by grpc-js.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

// The packages stand beside tests/foreign-js/package.json, not above this file.
const packages = createRequire(new URL('../../foreign-js/package.json', import.meta.url));
export const grpc = packages('@grpc/grpc-js');

const protos = fileURLToPath(new URL('../../../protos', import.meta.url));
const files = ['administration', 'errors', 'exchange', 'log', 'membership', 'pseudonyms'].map((name) => `gateway/v1/${name}.proto`);
const definition = packages('@grpc/proto-loader').loadSync(files, { includeDirs: [protos], keepCase: true, longs: Number, enums: Number, defaults: true, oneofs: true });
const services = grpc.loadPackageDefinition(definition).gateway.v1;

export const encode = (message, value) => definition[`gateway.v1.${message}`].serialize(value);
export const decode = (message, bytes) => definition[`gateway.v1.${message}`].deserialize(bytes);

/** Clients of the broker: with the node's certificate where the state folder has one and it is wanted. */
export function connect(state, { anonymous = false } = {}) {
    const authority = Buffer.from(state.invitation.certificate_authority);
    const identity = anonymous ? [null, null] : ['node.key', 'node.crt'].map((name) => readFileSync(join(state.folder, name)));
    const isBroker = (host, certificate) => checkServerIdentity(host, certificate) ?? brokerName(certificate, state.invitation.network);
    const credentials = grpc.credentials.createSsl(authority, ...identity, { checkServerIdentity: isBroker });
    const address = new URL(state.invitation.broker);
    if (address.protocol !== 'https:') throw new Error(`the broker's address ${address} is not https`);
    return Object.fromEntries(['AdministrationService', 'ExchangeService', 'LogService', 'MembershipService', 'PseudonymsService'].map((name) => [name, new services[name](address.host, credentials)]));
}

// Any member of the network has a certificate of its authority; only the broker has its name.
function brokerName(certificate, network) {
    const uris = (certificate.subjectaltname ?? '').split(', ').filter((name) => name.startsWith('URI:'));
    return uris.length === 1 && uris[0].startsWith(`URI:spiffe://${network}/broker/`) ? undefined : new Error(`the peer is ${uris.join(' and ') || 'nameless'}, not the broker`);
}

/** One answer, or the error of grpc-js. */
export function call(client, method, request) {
    return new Promise((resolve, reject) => client[method](request, { deadline: Date.now() + 30_000 }, (error, response) => (error ? reject(error) : resolve(response))));
}

/** Status and ErrorDetail of a call that fails; status 0 when it does not. */
export async function outcomeOf(promise) {
    try {
        await promise;
        return { status: 0, code: null };
    } catch (error) {
        if (!Number.isInteger(error.code)) throw error;
        const [detail] = error.metadata?.get('gateway-error-bin') ?? [];
        return detail ? readDetail(decode('ErrorDetail', detail), error.code) : { status: error.code, code: null };
    }
}

/** An ErrorDetail, whose own status has to be the call's. */
export function readDetail(detail, status = detail.status) {
    if (detail.status !== status) throw new Error(`the call ended with status ${status}, its detail says ${detail.status}`);
    if (!detail.what || !detail.remedy) throw new Error(`the detail ${detail.code} says neither what nor what to do`);
    return { status, code: detail.code };
}
