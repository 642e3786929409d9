import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

@Suite("Only the upstream's own receipt for exactly this batch lets the hub forget")
struct ReceiptVerifierTests {
    private var upstream: TestUpstream
    private let batch: OutstandingBatch

    init() throws {
        upstream = try TestUpstream()
        batch = try .sample(7)
    }

    private func verdict(on bytes: [UInt8]) -> ReceiptVerifier.Verdict {
        upstream.verifier.verdict(on: bytes, for: batch)
    }

    @Test("A receipt with a proof of inclusion is genuine, in a log of any size")
    mutating func genuine() throws {
        for count in 0..<5 {
            var upstream = try TestUpstream()
            for other in 0..<count {
                _ = try upstream.inclusion(of: .sample(100 + UInt64(other)))
            }
            for status in [ReceiptStatus.accepted, .acceptedWithGaps] {
                let receipt = try upstream.receipt(for: batch, status: status)
                #expect(
                    upstream.verifier.verdict(on: try upstream.signed(receipt), for: batch)
                        == .genuine(receipt, leafIndex: UInt64(count)))
            }
        }
    }

    @Test("A rejection is genuine without a proof")
    mutating func rejection() throws {
        let receipt = try upstream.receipt(for: batch, status: .rejected)
        #expect(verdict(on: try upstream.signed(receipt)) == .genuine(receipt, leafIndex: nil))
    }

    @Test("A forged receipt is refused: another key signed it, or this one for another environment")
    mutating func forged() throws {
        let receipt = try upstream.receipt(for: batch)
        #expect(
            verdict(on: try upstream.signed(receipt, key: P256.Signing.PrivateKey())) == .refused(.signatureInvalid))
        #expect(
            verdict(on: try upstream.signed(receipt, environment: "production")) == .refused(.signatureInvalid))
    }

    @Test("A receipt for anything but this batch is refused")
    mutating func otherBatch() throws {
        let good = try upstream.receipt(for: batch)
        let otherHub = try #require(HubID("hub-0002"))
        let otherEpoch = try #require(Epoch(bytes: [UInt8](repeating: 4, count: 16)))
        let changes: [(String, (inout Receipt) -> Void)] = [
            ("hub id", { $0.hubID = otherHub }),
            ("epoch", { $0.epoch = otherEpoch }),
            ("sequence", { $0.sequence = 8 }),
            ("batch hash", { $0.batchHash = .zero }),
            ("log id", { $0.logID = .zero }),
        ]
        for (field, change) in changes {
            var receipt = good
            change(&receipt)
            #expect(verdict(on: try upstream.signed(receipt)) == .refused(.differs(field: field)))
        }
    }

    @Test("A proof of another batch, by another key, or that is none, is refused")
    mutating func inclusion() throws {
        var receipt = try upstream.receipt(for: batch)
        receipt.inclusion = try upstream.inclusion(of: .sample(8))
        #expect(verdict(on: try upstream.signed(receipt)) == .refused(.inclusionInvalid))
        receipt.inclusion = try upstream.inclusion(of: batch, signer: P256.Signing.PrivateKey())
        #expect(verdict(on: try upstream.signed(receipt)) == .refused(.inclusionInvalid))
        receipt.inclusion = [0xD2, 0x80]
        #expect(verdict(on: try upstream.signed(receipt)) == .refused(.inclusionMalformed))
    }

    @Test("A receipt with any one byte changed, cut off or made longer is refused")
    mutating func everyByte() throws {
        let good = try upstream.signed(upstream.receipt(for: batch))
        for index in good.indices {
            var bytes = good
            bytes[index] ^= 0x01
            guard case .refused = verdict(on: bytes) else {
                Issue.record("byte \(index) may be changed")
                continue
            }
        }
        for count in stride(from: 0, to: good.count, by: 7) {
            #expect(verdict(on: Array(good.prefix(count))) == .refused(.malformed))
        }
        #expect(verdict(on: good + [0]) == .refused(.malformed))
    }
}
