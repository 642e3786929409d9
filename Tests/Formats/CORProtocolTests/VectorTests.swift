import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import Foundation
import JSONCoding
import SwiftASN1
import TestSupport
import Testing
import X509

/// One message of firmware-specs/vectors; its maker shares no code with ours.
struct Vector: Sendable, CustomTestStringConvertible {
    let family: String
    let entry: JSONValue

    static let families = ["record", "attestation", "batch", "receipt", "audit", "model", "recalls", "group64"]

    static func all() throws -> [Vector] {
        try families.flatMap { family in
            let index = try JSONValue.parse(PackageFolder.vector("\(family)/index.json"))
            return try #require(index["vectors"]?.arrayValue).map { Vector(family: family, entry: $0) }
        }
    }

    var testDescription: String { "\(family)/\(entry["file"]?.stringValue ?? "")" }

    func text(_ name: String) throws -> String { try #require(entry[name]?.stringValue) }

    func bytes() throws -> [UInt8] {
        let text = String(decoding: try PackageFolder.vector("\(family)/\(text("file"))"), as: UTF8.self)
        return [UInt8](hexadecimal: text.trimmingCharacters(in: .newlines))
    }

    func hash(_ name: String) throws -> SHA256Hash { try #require(SHA256Hash(hex: try text(name))) }

    func key(_ file: String) throws -> COSEPublicKey {
        let name = entry["key"]?.stringValue ?? file
        let pem = String(decoding: try PackageFolder.vector("keys/\(name)"), as: UTF8.self)
        let certificate = try Certificate(pemEncoded: pem)
        return .p256(try #require(P256.Signing.PublicKey(certificate.publicKey)))
    }
}

@Suite("Vectors of firmware-specs")
struct VectorTests {
    @Test("A valid vector is accepted and written again bit for bit; an invalid one is refused for its reason")
    func vectors() throws {
        let vectors = try Vector.all()
        #expect(vectors.count > 150)
        for vector in vectors {
            let refusal = try refusal(of: vector)
            let expected = vector.entry["valid"] == true ? nil : try vector.text("reason")
            #expect(refusal == expected, "\(vector.testDescription)")
        }
    }

    /// The reason's code, nil if the vector was accepted.
    private func refusal(of vector: Vector) throws -> String? {
        let bytes = try vector.bytes()
        do {
            let verdict =
                switch try vector.text("rule") {
                case "signed-record": try record(vector, bytes)
                case "signed-attestation":
                    try SignedAttestation(decoding: bytes).verdict(key: vector.key("device.pem"))
                case "signed-batch": try batch(vector, bytes)
                case "signed-receipt":
                    try SignedReceipt(decoding: bytes).verdict(
                        environment: vector.text("environment"), key: vector.key("receipt.pem"))
                case "signed-model":
                    try SignedModel(decoding: bytes).verdict(
                        environment: vector.text("environment"), key: vector.key("model.pem"))
                case "signed-recalls":
                    try SignedRecallList(decoding: bytes).verdict(
                        environment: vector.text("environment"), key: vector.key("receipt.pem"))
                case "inclusion-receipt":
                    try InclusionReceipt(decoding: bytes).verdict(
                        leafData: [UInt8](hexadecimal: vector.text("leaf")), key: vector.key("receipt.pem"))
                case let rule: try shape(rule, vector, bytes)
                }
            return verdict.isValid ? nil : "wrong-signature"
        } catch let refusal as SignedMessageRefusal {
            return refusal.code
        } catch let refusal as CBORError {
            return refusal.code
        } catch is BrokenChain {
            return "broken-audit-chain"
        }
    }

    private func record(_ vector: Vector, _ bytes: [UInt8]) throws -> COSEVerdict {
        let record = try SignedRecord(decoding: bytes)
        let verdict = record.verdict(key: try vector.key("device.pem"))
        guard verdict.isValid else { return verdict }
        #expect(record.payload.encoded() == record.cose.payload)
        #expect(record.cose.encoded() == bytes)
        #expect(record.id == (try vector.hash("id")))
        return verdict
    }

    private func batch(_ vector: Vector, _ bytes: [UInt8]) throws -> COSEVerdict {
        let batch = try SignedBatch(decoding: bytes)
        let verdict = batch.verdict(environment: try vector.text("environment"), key: try vector.key("hub-signing.pem"))
        guard verdict.isValid else { return verdict }
        #expect(batch.batch.encoded() == batch.cose.payload)
        #expect(batch.cose.encoded() == bytes)
        #expect(batch.hash == (try vector.hash("hash")))
        return verdict
    }

    private struct BrokenChain: Error {}

    private func shape(_ rule: String, _ vector: Vector, _ bytes: [UInt8]) throws -> COSEVerdict {
        let name = ProfileRules.emptyRules.contains(rule) ? "empty" : rule
        let type = type(of: try #require(try Samples.all()[name]))
        let rewritten = try type.rewritten(bytes, mode: vector.family == "group64" ? .tolerant : .strict)
        #expect(rewritten == bytes || vector.entry["deterministic"] == false)
        if rule == "audit-entry" {
            guard try AuditEntry(decoding: bytes).isSealed(after: vector.hash("previous")) else { throw BrokenChain() }
        }
        return .valid
    }
}

extension SignedMessageRefusal {
    /// As the index of the vectors calls it.
    fileprivate var code: String {
        switch self {
        case .tooLong: "too-long"
        case .envelope(let error): error.code
        case .unexpectedAlgorithm: "wrong-algorithm"
        case .payloadMisplaced: "payload-misplaced"
        case .unexpectedHeader: "wrong-header"
        case .thumbprintMissing: "thumbprint-missing"
        case .certificateChainMalformed: "chain-malformed"
        case .thumbprintMismatch: "thumbprint-mismatch"
        case .payload(let error): error.code
        }
    }
}

extension COSEError {
    fileprivate var code: String {
        switch self {
        case .malformed(let error): error.code
        case .wrongTag: "wrong-tag"
        case .untagged: "untagged"
        case .algorithmNotProtected: "algorithm-not-protected"
        case .unsupportedAlgorithm, .algorithmMismatch: "wrong-algorithm"
        case .malformedHeader, .malformedLabel, .repeatedLabel, .unknownCriticalHeader: "wrong-header"
        case .signingFailed: "signing-failed"
        }
    }
}

extension CBORError {
    fileprivate var code: String {
        switch self {
        case .truncated: "truncated"
        case .trailingBytes: "trailing-bytes"
        case .malformedHead, .unexpectedBreak, .invalidText: "malformed"
        case .notShortest, .indefiniteLength, .unsortedKey: "not-deterministic"
        case .duplicateKey: "duplicate-key"
        case .integerOutOfRange, .stringLengthLimitExceeded: "out-of-bounds"
        case .depthLimitExceeded, .itemCountLimitExceeded: "limit"
        case .unexpectedKind: "wrong-type"
        case .unexpectedCount: "wrong-count"
        case .unexpectedValue(let expected, _): Self.code(expected: expected)
        }
    }

    private static func code(expected: String) -> String {
        switch expected {
        case "a known key": "unknown-key"
        case "the Merkle root of the items": "wrong-merkle-root"
        case "a chain of audit entries": "broken-audit-chain"
        case "the result id of its content": "wrong-result-id"
        case _ where expected.hasPrefix("all keys of"): "missing-key"
        case _ where expected.hasPrefix("a previous hash"): "wrong-previous-hash"
        default: "out-of-bounds"
        }
    }
}
