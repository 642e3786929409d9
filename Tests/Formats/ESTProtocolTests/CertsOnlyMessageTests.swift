import ESTProtocol
import Foundation
import PeerFixtures
import TestSupport
import Testing

@Suite("Certs-only PKCS#7")
struct CertsOnlyMessageTests {
    let certificates: CertificateFixtures

    init() throws {
        certificates = try CertificateFixtures()
        try certificates.makeRoot("ca")
        try certificates.make("leaf", subject: "/CN=hub-0001", issuer: "ca")
    }

    @Test("openssl reads what is made here, every certificate of it")
    func readByOpenSSL() throws {
        let sent = [try certificates.der("leaf"), try certificates.der("ca")]
        let message = try CertsOnlyMessage(certificates: sent).encoded()
        try Data(message).write(to: URL(filePath: certificates.folder.file("made.p7")))
        let text = try OpenSSLTool.run(
            ["pkcs7", "-inform", "DER", "-in", "made.p7", "-print_certs", "-noout"], in: certificates.folder)
        #expect(text.contains("CN = hub-0001") && text.contains("subject=CN = ca"))
        #expect(Set(try CertsOnlyMessage(decoding: message).certificates) == Set(sent))
    }

    @Test("What openssl makes is read, with a certificate list beside the certificates too")
    func madeByOpenSSL() throws {
        try OpenSSLTool.run(
            [
                "crl2pkcs7", "-nocrl", "-certfile", "leaf.pem", "-certfile", "ca.pem", "-outform", "DER", "-out",
                "their.p7",
            ], in: certificates.folder)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: certificates.folder.file("their.p7"))))
        let read = try CertsOnlyMessage(decoding: bytes).certificates
        #expect(Set(read) == [try certificates.der("leaf"), try certificates.der("ca")])
        // A real signed message carries signers and a digest algorithm; its certificates are read all the same.
        try certificates.folder.write("text", to: "text")
        try OpenSSLTool.run(
            [
                "cms", "-sign", "-in", "text", "-signer", "leaf.pem", "-inkey", "leaf.key", "-outform", "DER", "-out",
                "signed.p7",
            ], in: certificates.folder)
        let signed = [UInt8](try Data(contentsOf: URL(filePath: certificates.folder.file("signed.p7"))))
        #expect(try CertsOnlyMessage(decoding: signed).certificates == [try certificates.der("leaf")])
    }

    @Test("Indefinite lengths are read")
    func indefiniteLengths() throws {
        let leaf = try certificates.der("leaf")
        let version: [UInt8] = [0x02, 0x01, 0x01]
        let data: [UInt8] = [0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]
        let signedData: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
        let inner =
            [0x30, 0x80] + version + [0x31, 0x00] + data + ([0xA0, 0x80] + leaf + [0, 0]) + [0x31, 0x00] + [0, 0]
        let message: [UInt8] = [0x30, 0x80] + signedData + [0xA0, 0x80] + inner + [0, 0] + [0, 0]
        #expect(try CertsOnlyMessage(decoding: message).certificates == [leaf])
    }

    @Test("None, and more than the maximum, are refused both ways")
    func counts() throws {
        let leaf = try certificates.der("leaf")
        #expect(throws: ESTError.certificateCount(0)) { try CertsOnlyMessage(certificates: []) }
        let most = [[UInt8]](repeating: leaf, count: CertsOnlyMessage.certificateCountMax)
        #expect(try CertsOnlyMessage(decoding: CertsOnlyMessage(certificates: most).encoded()).certificates == most)
        #expect(throws: ESTError.certificateCount(most.count + 1)) { try CertsOnlyMessage(certificates: most + [leaf]) }
    }

    @Test("A cut, changed or foreign message is refused or read, and never traps")
    func hostile() throws {
        let message = try CertsOnlyMessage(certificates: [try certificates.der("leaf")]).encoded()
        for length in 0..<message.count {
            #expect(throws: ESTError.self) { try CertsOnlyMessage(decoding: Array(message.prefix(length))) }
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            var changed = message
            changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = try? CertsOnlyMessage(decoding: changed)
        }
        for foreign in [Array("<html>".utf8), [0x30, 0x80], [0x30, 0x00], [UInt8](repeating: 0x30, count: 3000)] {
            #expect(throws: ESTError.self) { try CertsOnlyMessage(decoding: foreign) }
        }
        let long = [UInt8](repeating: 0, count: CertsOnlyMessage.lengthMax + 1)
        #expect(throws: ESTError.tooLong(lengthMax: CertsOnlyMessage.lengthMax)) {
            try CertsOnlyMessage(decoding: long)
        }
    }
}
