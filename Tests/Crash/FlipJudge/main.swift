// Flips every bit of a signed batch, a receipt or an exported audit chain, one at a time, and counts what is noticed.
// Usage: flip-judge batch FILE ENVIRONMENT
//        flip-judge receipt FILE ENVIRONMENT BATCH RECEIPT-CERTIFICATE.pem
//        flip-judge audit FILE
// Prints {"points", "missed", "control_missed"}; the control only reads the message, as a receiver without checks would.

import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import Foundation
import HubCore
import SwiftASN1
import X509

func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func fail(_ reason: String) -> Never {
    FileHandle.standardError.write(Data((reason + "\n").utf8))
    exit(2)
}

func key(_ certificate: Certificate) -> P256.Signing.PublicKey {
    guard let key = P256.Signing.PublicKey(certificate.publicKey) else { fail("the key is not on P-256") }
    return key
}

/// Whether a message passes: with all checks, and with none but being readable.
typealias Judge = ([UInt8]) -> (passes: Bool, isReadable: Bool)

func batchJudge(_ original: [UInt8], environment: String) throws -> Judge {
    let sound = try SignedBatch(decoding: original)
    let signer = COSEPublicKey.p256(key(try Certificate(derEncoded: sound.certificateChain[0])))
    return { message in
        guard let batch = try? SignedBatch(decoding: message) else { return (false, false) }
        // A receiver knows the hub's certificate by its thumbprint.
        let isSigned =
            batch.certificateChain == sound.certificateChain
            && batch.verdict(environment: environment, key: signer).isValid
        return (isSigned, true)
    }
}

func receiptJudge(_ arguments: [String]) throws -> Judge {
    let batch = try SignedBatch(decoding: try bytes(arguments[1]))
    let pinned = key(try Certificate(pemEncoded: String(decoding: try bytes(arguments[2]), as: UTF8.self)))
    let verifier = ReceiptVerifier(
        hub: batch.batch.hubID, environment: arguments[0], key: .p256(pinned),
        logID: .of(Array(pinned.derRepresentation)))
    let outstanding = OutstandingBatch(
        position: BatchPosition(epoch: batch.batch.epoch, sequence: batch.batch.sequence), hash: batch.hash,
        bytes: batch.bytes, cut: batch.batch.cut)
    return { message in
        guard case .genuine = verifier.verdict(on: message, for: outstanding) else {
            return (false, (try? SignedReceipt(decoding: message)) != nil)
        }
        return (true, true)
    }
}

func auditJudge(_ original: [UInt8]) throws -> Judge {
    func entries(_ message: [UInt8]) -> [AuditEntry]? {
        var decoder = CBORDecoder(message)
        var entries: [AuditEntry] = []
        while !decoder.isAtEnd {
            guard let entry = try? AuditEntry(from: &decoder) else { return nil }
            entries.append(entry)
        }
        return entries
    }
    guard let newest = entries(original)?.last?.hash else { fail("no audit chain") }
    return { message in
        guard let found = entries(message) else { return (false, false) }
        var previous = SHA256Hash.zero
        for (index, entry) in found.enumerated() {
            guard entry.sequence == UInt64(index) + 1, entry.isSealed(after: previous) else { return (false, true) }
            previous = entry.hash
        }
        return (previous == newest, true)
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else { fail("usage: flip-judge batch|receipt|audit FILE …") }
let original = try bytes(arguments[2])
let judge: Judge
switch (arguments[1], arguments.count) {
case ("batch", 4): judge = try batchJudge(original, environment: arguments[3])
case ("receipt", 6): judge = try receiptJudge(Array(arguments[3...]))
case ("audit", 3): judge = try auditJudge(original)
default: fail("usage: flip-judge batch|receipt|audit FILE …")
}
guard judge(original).passes else { fail("the message is refused as it is") }
var (missed, controlMissed) = (0, 0)
for bit in 0..<original.count * 8 {
    var flipped = original
    flipped[bit / 8] ^= 1 << UInt8(bit % 8)
    let verdict = judge(flipped)
    if verdict.passes { missed += 1 }
    if verdict.isReadable { controlMissed += 1 }
}
// Cut short at every byte, as well.
for length in 0..<original.count where judge(Array(original.prefix(length))).passes { missed += 1 }
print("{\"points\":\(original.count * 9),\"missed\":\(missed),\"control_missed\":\(controlMissed)}")
