import CBORCoding
import COSESigning
import Crypto
import TestSupport
import Testing

@Suite("COSE_Sign1")
struct COSESign1Tests {
    private let key = P256.Signing.PrivateKey()
    private let aad = COSEContext.externalAAD(type: "corone-record-v1")
    private let payload: [UInt8] = [0xA1, 0x01, 0x02]

    private var publicKey: COSEPublicKey { .p256(key.publicKey) }

    private func message(
        protected: COSEHeaders = .init(), unprotected: COSEHeaders = .init(), isDetached: Bool = false
    ) throws(COSEError) -> COSESign1 {
        try COSESign1.signing(
            payload: payload, protected: protected, unprotected: unprotected, externalAAD: aad, isDetached: isDetached,
            signer: P256COSESigner(key))
    }

    @Test("The context is deterministic CBOR of type and environment")
    func context() {
        #expect(COSEContext.externalAAD(type: "a").hexadecimal == "816161")
        #expect(COSEContext.externalAAD(type: "a", environment: "b").hexadecimal == "8261616162")
    }

    @Test("What is signed with ES256 reads back whole and verifies")
    func es256() throws {
        let protected = COSEHeaders(
            critical: [3, 34], contentType: .mediaType("application/cbor"), keyID: [1, 2],
            certificateThumbprint: Array(repeating: 7, count: 32),
            others: [CBORPair(key: 395, value: 1), CBORPair(key: "note", value: "x")])
        let unprotected = COSEHeaders(certificateChain: [[0x30, 0x00], [0x30, 0x01]])
        let message = try message(protected: protected, unprotected: unprotected)
        let read = try COSESign1(decoding: message.encoded())
        #expect(read.encoded() == message.encoded())
        #expect(read.protected.algorithm == .es256)
        #expect(read.protected.critical == [3, 34])
        #expect(read.protected.contentType == .mediaType("application/cbor"))
        #expect(read.protected.keyID == [1, 2])
        #expect(read.protected.certificateThumbprint == Array(repeating: 7, count: 32))
        #expect(read.protected[395] == 1)
        #expect(read.unprotected == unprotected)
        #expect(read.payload == payload)
        #expect(read.signature.count == 64)
        #expect(read.verification(externalAAD: aad, key: publicKey) == .valid)
    }

    @Test("What is signed with EdDSA verifies")
    func edDSA() throws {
        let key = Curve25519.Signing.PrivateKey()
        let message = try COSESign1.signing(
            payload: payload, unprotected: .init(keyID: [9]), externalAAD: aad, signer: Ed25519COSESigner(key))
        let read = try COSESign1(decoding: message.encoded())
        #expect(read == message)
        #expect(read.verification(externalAAD: aad, key: .ed25519(key.publicKey)) == .valid)
        #expect(read.verification(externalAAD: [], key: .ed25519(key.publicKey)) == .refused(.signatureWrong))
    }

    @Test("A chain of one certificate is a byte string, RFC 9360")
    func singleCertificate() throws {
        let message = try message(unprotected: .init(certificateChain: [[0x30, 0x00]]))
        #expect(message.encoded().hexadecimal.contains("a11821423000"))
        #expect(try COSESign1(decoding: message.encoded()).unprotected.certificateChain == [[0x30, 0x00]])
    }

    @Test("A detached payload is covered, but not carried")
    func detached() throws {
        let message = try message(isDetached: true)
        let read = try COSESign1(decoding: message.encoded())
        #expect(read.payload == nil)
        #expect(read.verification(externalAAD: aad, key: publicKey, detachedPayload: payload) == .valid)
        #expect(read.verification(externalAAD: aad, key: publicKey) == .refused(.payloadMissing))
        #expect(
            read.verification(externalAAD: aad, key: publicKey, detachedPayload: [1]) == .refused(.signatureWrong))
        let whole = try self.message()
        #expect(
            whole.verification(externalAAD: aad, key: publicKey, detachedPayload: payload)
                == .refused(.payloadNotDetached))
        #expect(whole.detached.verification(externalAAD: aad, key: publicKey, detachedPayload: payload) == .valid)
    }

    // MARK: - Attacks

    @Test("A record replayed as a batch, or from test to production, does not verify")
    func crossContextReplay() throws {
        let batch = COSEContext.externalAAD(type: "corhub-batch-v1", environment: "test")
        let message = try COSESign1.signing(payload: payload, externalAAD: batch, signer: P256COSESigner(key))
        for other in [
            aad, COSEContext.externalAAD(type: "corhub-receipt-v1", environment: "test"),
            COSEContext.externalAAD(type: "corhub-batch-v1", environment: "production"),
            COSEContext.externalAAD(type: "corhub-batch-v1"),
        ] {
            #expect(message.verification(externalAAD: other, key: publicKey) == .refused(.signatureWrong))
        }
    }

    @Test("A flipped bit anywhere is refused or does not verify")
    func bitFlips() throws {
        let bytes = try message(protected: .init(keyID: [1, 2]), unprotected: .init(contentType: .coapFormat(60)))
            .encoded()
        // The unprotected header is the one part that a signature does not cover.
        let unprotected = try #require(bytes.firstRange(of: [0xA1, 0x03, 0x18, 0x3C] as [UInt8]))
        for index in bytes.indices where !unprotected.contains(index) {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                guard let message = try? COSESign1(decoding: damaged) else { continue }
                #expect(!message.verification(externalAAD: aad, key: publicKey).isValid, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test("Every shorter piece of a message is refused, and so is a byte too many")
    func truncation() throws {
        let bytes = try message().encoded()
        for length in 0..<bytes.count {
            #expect(throws: COSEError.self) { try COSESign1(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: COSEError.malformed(.trailingBytes(offset: bytes.count))) {
            try COSESign1(decoding: bytes + [0])
        }
    }

    @Test("A message cannot choose another algorithm than its key has")
    func algorithmConfusion() throws {
        let message = try message()
        let edKey = COSEPublicKey.ed25519(Curve25519.Signing.PrivateKey().publicKey)
        #expect(message.verification(externalAAD: aad, key: edKey) == .refused(.algorithmMismatch))
        #expect(throws: COSEError.algorithmMismatch) { try self.message(protected: .init(algorithm: .edDSA)) }
    }

    @Test("Another key does not verify, and a DER signature is no signature")
    func wrongSignatures() throws {
        let message = try message()
        let other = COSEPublicKey.p256(P256.Signing.PrivateKey().publicKey)
        #expect(message.verification(externalAAD: aad, key: other) == .refused(.signatureWrong))
        let der = Array(try P256.Signing.ECDSASignature(rawRepresentation: message.signature).derRepresentation)
        let signed = try COSESign1(decoding: assemble(protected: [1: -7], signature: der))
        #expect(signed.verification(externalAAD: aad, key: publicKey) == .refused(.signatureLengthWrong))
        let zeros = try COSESign1(decoding: assemble(protected: [1: -7], signature: Array(repeating: 0, count: 64)))
        #expect(zeros.verification(externalAAD: aad, key: publicKey) == .refused(.signatureWrong))
    }

    @Test(
        "A protected header that is not understood is refused",
        arguments: [
            ([:], .algorithmNotProtected),
            ([1: -35], .unsupportedAlgorithm),
            ([1: "ES256"], .unsupportedAlgorithm),
            ([1: -7, 2: []], .malformedHeader(label: 2)),
            ([1: -7, 2: 4], .malformedHeader(label: 2)),
            ([1: -7, 2: [99], 99: 1], .unknownCriticalHeader),
            ([1: -7, 2: ["x"], "x": 1], .unknownCriticalHeader),
            ([1: -7, 2: [4]], .malformedHeader(label: 2)),
            ([1: -7, 3: -1], .malformedHeader(label: 3)),
            ([1: -7, 3: 65_536], .malformedHeader(label: 3)),
            ([1: -7, 4: "11"], .malformedHeader(label: 4)),
            ([1: -7, 33: []], .malformedHeader(label: 33)),
            ([1: -7, 33: [.bytes([1])]], .malformedHeader(label: 33)),
            ([1: -7, 33: [.bytes([1]), 2]], .malformedHeader(label: 33)),
            ([1: -7, 34: [-16, .bytes([1])]], .malformedHeader(label: 34)),
            ([1: -7, 34: [-44, .bytes([1])]], .malformedHeader(label: 34)),
            ([1: -7, .bytes([1]): 1], .malformedLabel),
            ([1: -7, .negative(.max): 1], .malformedLabel),
        ] as [(CBORValue, COSEError)])
    func protectedHeaders(_ header: CBORValue, _ error: COSEError) {
        #expect(throws: error) { try COSESign1(decoding: assemble(protected: header)) }
    }

    @Test("Critical parameters and repeated labels in the unprotected header are refused")
    func unprotectedHeaders() {
        #expect(throws: COSEError.malformedHeader(label: 2)) {
            try COSESign1(decoding: assemble(protected: [1: -7], unprotected: [2: [4], 4: .bytes([])]))
        }
        #expect(throws: COSEError.repeatedLabel) {
            try COSESign1(decoding: assemble(protected: [1: -7], unprotected: [1: -7]))
        }
        #expect(throws: COSEError.repeatedLabel) {
            try self.message(protected: .init(keyID: [1]), unprotected: .init(keyID: [2]))
        }
    }

    @Test("An encoding that is not deterministic is refused, inside the protected header too")
    func nonDeterministic() {
        #expect(throws: COSEError.malformed(.notShortest(offset: 2))) {
            try COSESign1(decoding: assemble(protectedBytes: [0xA1, 0x01, 0x38, 0x06]))
        }
        #expect(throws: COSEError.malformed(.duplicateKey(offset: 3))) {
            try COSESign1(decoding: assemble(protectedBytes: [0xA2, 0x01, 0x26, 0x01, 0x26]))
        }
        #expect(throws: COSEError.malformed(.trailingBytes(offset: 3))) {
            try COSESign1(decoding: assemble(protectedBytes: [0xA1, 0x01, 0x26, 0x00]))
        }
        #expect(throws: COSEError.malformed(.indefiniteLength(offset: 1))) {
            try COSESign1(decoding: [0xD2, 0x9F, 0x43, 0xA1, 0x01, 0x26, 0xA0, 0xF6, 0x40, 0xFF])
        }
        #expect(throws: COSEError.malformed(.unexpectedCount(expected: 4, offset: 1))) {
            try COSESign1(decoding: [0xD2, 0x83, 0x43, 0xA1, 0x01, 0x26, 0xA0, 0xF6])
        }
    }

    private func assemble(
        protected: CBORValue, unprotected: CBORValue = [:], signature: [UInt8] = []
    ) -> [UInt8] {
        assemble(protectedBytes: protected.encoded(), unprotected: unprotected, signature: signature)
    }

    private func assemble(
        protectedBytes: [UInt8], unprotected: CBORValue = [:], signature: [UInt8] = []
    ) -> [UInt8] {
        CBORValue.tag(18, [.bytes(protectedBytes), unprotected, .bytes(payload), .bytes(signature)]).encoded()
    }
}
