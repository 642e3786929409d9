import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

@Suite("The list of recalled devices")
struct RecallShelfTests {
    private let key = P256.Signing.PrivateKey()

    private func signed(
        _ number: UInt64, _ serials: [String] = ["COR1-0001"], key: P256.Signing.PrivateKey? = nil,
        environment: String = "test"
    ) throws -> [UInt8] {
        let recalls = try serials.map {
            DeviceRecall(serial: try #require(DeviceSerial($0)), state: .revoked, reason: "key copied")
        }
        return try SignedRecallList.signing(
            RecallList(number: number, signedMilliseconds: 1_770_000_000_000, recalls: recalls),
            environment: environment, certificate: [0x30, 0], signer: P256COSESigner(key ?? self.key)
        ).bytes
    }

    private func shelf(holding bytes: [UInt8]? = nil) throws -> RecallShelf {
        RecallShelf(
            environment: "test", key: .p256(key.publicKey), held: try bytes.map { try SignedRecallList(decoding: $0) })
    }

    @Test("A newer list of the upstream's is taken, and holds")
    func newer() throws {
        var shelf = try shelf(holding: try signed(3, []))
        let list = try shelf.take(try signed(4))
        #expect(shelf.number == 4)
        #expect(list.list[try #require(DeviceSerial("COR1-0001"))]?.state == .revoked)
        #expect(list.list[try #require(DeviceSerial("COR1-0002"))] == nil)
    }

    @Test("An older list, another signer's, another environment's, and every altered byte are refused")
    func refused() throws {
        var shelf = try shelf(holding: try signed(3))
        let sound = try signed(4)
        #expect(throws: RecallShelf.Refusal.notNewer(number: 3)) { _ = try shelf.take(try signed(3)) }
        #expect(throws: RecallShelf.Refusal.notNewer(number: 2)) { _ = try shelf.take(try signed(2)) }
        #expect(throws: RecallShelf.Refusal.signatureInvalid) {
            _ = try shelf.take(try signed(4, key: P256.Signing.PrivateKey()))
        }
        #expect(throws: RecallShelf.Refusal.signatureInvalid) {
            _ = try shelf.take(try signed(4, environment: "production"))
        }
        for index in sound.indices {
            var altered = sound
            altered[index] ^= 0x01
            // The unprotected header is empty, so that no byte is outside of what is signed or demanded.
            #expect(throws: RecallShelf.Refusal.self, "byte \(index)") { _ = try shelf.take(altered) }
        }
        #expect(shelf.number == 3)
    }

    @Test("Serial numbers that do not ascend are refused")
    func order() throws {
        var shelf = try shelf()
        for serials in [["COR1-0002", "COR1-0001"], ["COR1-0001", "COR1-0001"]] {
            #expect(throws: (any Error).self) { _ = try shelf.take(try signed(4, serials)) }
        }
    }
}
