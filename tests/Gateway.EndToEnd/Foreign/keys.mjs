// Keys of a member (docs/protocol.md, section 3) and the PKCS #10 request for its node's certificate (RFC 2986).
import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, sign, verify } from 'node:crypto';

// PKCS #8 and SubjectPublicKeyInfo around a raw key (RFC 8410).
const PRIVATE_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const PRIVATE_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

const rawPublic = (key) => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);

function derive(seed, name, prefix) {
    const secret = Buffer.from(hkdfSync('sha256', seed, Buffer.alloc(0), `gateway/v1/${name}`, 32));
    return createPrivateKey({ key: Buffer.concat([prefix, secret]), format: 'der', type: 'pkcs8' });
}

/** Member, node and box key of a member seed. */
export function memberKeys(seed) {
    const member = derive(seed, 'member-key', PRIVATE_ED25519);
    return {
        memberPk: rawPublic(member),
        nodePk: rawPublic(derive(seed, 'node-key', PRIVATE_ED25519)),
        boxPk: rawPublic(derive(seed, 'box-key', PRIVATE_X25519)),
        sign: (message) => sign(null, message, member),
    };
}

/** A fresh Ed25519 key, such as a record's. */
export function recordKey() {
    const { privateKey } = generateKeyPairSync('ed25519');
    return { pk: rawPublic(privateKey), sign: (message) => sign(null, message, privateKey) };
}

export function verifyEd25519(publicKey, message, signature) {
    return verify(null, message, createPublicKey({ key: Buffer.concat([PUBLIC_ED25519, publicKey]), format: 'der', type: 'spki' }), signature);
}

function der(tag, ...contents) {
    const content = Buffer.concat(contents);
    const length = content.length < 0x80 ? [content.length] : content.length < 0x100 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 0xff];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** A fresh P-256 key and the request for a certificate of it, with an empty subject: the authority gives the name. */
export function certificateRequest() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const info = der(0x30, der(0x02, Buffer.from([0])), der(0x30), publicKey.export({ format: 'der', type: 'spki' }), der(0xa0));
    const ecdsaWithSha256 = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
    const signature = der(0x03, Buffer.from([0]), sign('sha256', info, { key: privateKey, dsaEncoding: 'der' }));
    return { keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }), request: der(0x30, info, ecdsaWithSha256, signature) };
}
