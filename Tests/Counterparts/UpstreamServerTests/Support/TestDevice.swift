import CORProtocol
import COSESigning
import Crypto
import Foundation
import SwiftASN1
import Testing
import UpstreamServer
import X509

/// A maker's device authority.
struct TestMaker {
    let key = P256.Signing.PrivateKey()
    let certificate: Certificate

    init() throws {
        certificate = try CertificateAuthority.making(commonName: "device CA", key: key, at: Date()).certificate
    }
}

/// A device with a key, a certificate and a sequence.
struct TestDevice {
    let serial: DeviceSerial
    let chain: [[UInt8]]
    let key = P256.Signing.PrivateKey()

    init(_ serial: String = "COR1-0001", of maker: TestMaker, expires: TimeInterval = 86_400) throws {
        self.serial = try #require(DeviceSerial(serial))
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -172_800), notValidAfter: Date(timeIntervalSinceNow: expires),
            issuer: maker.certificate.subject, subject: try DistinguishedName { CommonName(serial) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
            }, issuerPrivateKey: .init(maker.key))
        chain = [try certificate.derBytes()]
    }

    func record(_ sequence: UInt64, lines: [String] = ["ready"]) throws -> SignedRecord {
        try SignedRecord.signing(
            RecordPayload(
                serial: serial, bootCounter: 1, sequence: sequence,
                closed: DeviceTime(uptimeMilliseconds: 1000, wallMilliseconds: nil),
                body: .logExcerpt(LogExcerpt(lines: lines))),
            chain: chain, signer: P256COSESigner(key))
    }

    func item(_ record: SignedRecord, trust: DeviceTrustLevel = .attested) -> RecordItem {
        RecordItem(
            recordID: record.id, serial: record.payload.serial, sequence: record.payload.sequence, bytes: record.bytes,
            received: .test, link: .udp, trust: trust, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
    }

    func items(_ sequences: ClosedRange<UInt64>) throws -> [RecordItem] {
        try sequences.map { item(try record($0)) }
    }
}

extension TimeBlock {
    /// Of a hub whose clock was never set, so that certificates are judged by the time of whoever judges.
    static let test = TimeBlock(
        bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 1_795_000_000_000,
        sync: .never, rtcPresent: false)
}
