import CORProtocol
import Crypto
import Foundation
import HubCore
import KeyStore
import PeerFixtures
import Testing

@Suite("Device certificates")
struct DeviceCertificateVerifierTests {
    static let subject = "/CN=COR One/serialNumber=COR1-000042"
    let certificates: CertificateFixtures
    /// An hour on, so that whatever the test makes is valid already.
    let now = Int64(Date().timeIntervalSince1970 + 3600) * 1000

    /// root → issuing → device, and the anchors folder holds the root.
    init() throws {
        certificates = try CertificateFixtures()
        try certificates.makeRoot("root")
        try certificates.make(
            "issuing", subject: "/CN=issuing", issuer: "root", extensions: CertificateFixtures.authorityExtensions)
        try certificates.make("device", subject: Self.subject, issuer: "issuing")
        try FileManager.default.createDirectory(
            atPath: certificates.folder.file("anchors"), withIntermediateDirectories: false)
        try certificates.folder.write(try certificates.pem("root"), to: "anchors/root.pem")
        try certificates.folder.write("not a certificate", to: "anchors/README")
    }

    func verdict(_ names: [String], at time: Int64?) async throws -> DeviceCertificateVerdict {
        let anchors = try DeviceTrustAnchors(folder: certificates.folder.file("anchors"))
        return await DeviceCertificateVerifier(anchors: anchors)
            .verdict(onChain: try names.map(certificates.der), at: time)
    }

    func verdict(_ names: String...) async throws -> DeviceCertificateVerdict {
        try await verdict(names, at: now)
    }

    @Test("A chain to an anchor is trusted, and says serial, key and thumbprint", arguments: [false, true])
    func trusted(withRoot: Bool) async throws {
        let der = try certificates.der("device")
        let keyText = try certificates.folder.read("device.key")
        let expected = DeviceCertificate(
            serial: try #require(DeviceSerial("COR1-000042")),
            publicKey: Array(try P256.Signing.PrivateKey(pemRepresentation: keyText).publicKey.x963Representation),
            thumbprint: SHA256Hash.of(der),
            authority: TrustedAuthority(name: "CN=root", fingerprint: .of(try certificates.der("root"))))
        let chain = ["device", "issuing"] + (withRoot ? ["root"] : [])
        #expect(try await verdict(chain, at: now) == .trusted(expected))
    }

    @Test("Without a serialNumber the common name is the serial number")
    func commonName() async throws {
        try certificates.make("device", subject: "/CN=COR1-000043", issuer: "issuing")
        guard case .trusted(let device) = try await verdict("device", "issuing") else {
            Issue.record("refused")
            return
        }
        #expect(device.serial == DeviceSerial("COR1-000043"))
    }

    @Test("An extended key usage that allows client authentication is trusted, critical or not")
    func clientUsage() async throws {
        for usage in ["extendedKeyUsage=clientAuth", "extendedKeyUsage=critical,clientAuth"] {
            try certificates.make(
                "device", subject: Self.subject, issuer: "issuing",
                extensions: CertificateFixtures.deviceExtensions + [usage])
            guard case .trusted = try await verdict("device", "issuing") else {
                Issue.record("\(usage) was refused")
                return
            }
        }
    }

    @Test("A subject without a serial number is refused")
    func noSerial() async throws {
        for subject in ["/CN=not a serial", "/O=maker", "/serialNumber=no/CN=COR1-000042", "/CN=AAAA/CN=BBBB"] {
            try certificates.make("device", subject: subject, issuer: "issuing")
            #expect(try await verdict("device", "issuing") == .refused(.noSerial), "\(subject)")
        }
    }

    @Test("Another maker's chain is refused, even under the same names")
    func untrusted() async throws {
        let other = try CertificateFixtures()
        try other.makeRoot("root")
        try other.make("device", subject: Self.subject, issuer: "root")
        let anchors = try DeviceTrustAnchors(folder: certificates.folder.file("anchors"))
        let verdict = await DeviceCertificateVerifier(anchors: anchors)
            .verdict(onChain: [try other.der("device"), try other.der("root")], at: now)
        #expect(verdict == .refused(.untrusted))
    }

    @Test("A missing intermediate is refused")
    func missingIntermediate() async throws {
        #expect(try await verdict("device") == .refused(.untrusted))
    }

    @Test("A device that signs for another is refused")
    func intermediateIsNoAuthority() async throws {
        try certificates.make("second", subject: "/CN=COR1-000099", issuer: "device")
        #expect(try await verdict("second", "device", "issuing") == .refused(.pathRefused))
    }

    @Test("An authority that may not sign certificates is refused")
    func authorityWithoutSigning() async throws {
        try certificates.make(
            "issuing", subject: "/CN=issuing", issuer: "root",
            extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature"])
        #expect(try await verdict("device", "issuing") == .refused(.pathRefused))
    }

    @Test("A path that is longer than its root allows is refused")
    func pathLength() async throws {
        try certificates.make(
            "issuing", subject: "/CN=issuing", issuer: "root",
            extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign"])
        try certificates.make(
            "line", subject: "/CN=line", issuer: "issuing", extensions: CertificateFixtures.authorityExtensions)
        try certificates.make("device", subject: Self.subject, issuer: "line")
        #expect(try await verdict("device", "line", "issuing") == .refused(.pathRefused))
    }

    @Test("Outside its validity a chain is refused; with an untrusted clock the validity is not judged")
    func validity() async throws {
        let chain = ["device", "issuing"]
        let day: Int64 = 86_400_000
        for time in [now + 25 * day, now - day, 0, Int64.max, Int64.min] {
            #expect(try await verdict(chain, at: time) == .refused(.notValidAtTime), "\(time)")
        }
        guard case .trusted = try await verdict(chain, at: nil) else {
            Issue.record("refused without a clock")
            return
        }
        #expect(try await verdict(["device"], at: nil) == .refused(.untrusted))
    }

    @Test("A key on another curve is refused")
    func otherCurve() async throws {
        try certificates.make("p384", subject: Self.subject, issuer: "issuing", curve: .p384)
        #expect(try await verdict("p384", "issuing") == .refused(.keyNotP256))
    }

    @Test("A certificate for another use is refused")
    func wrongUsage() async throws {
        let cases: [[String]] = [
            CertificateFixtures.authorityExtensions,
            ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,keyAgreement"],
            CertificateFixtures.serverExtensions("DNS:device.example"),
        ]
        for extensions in cases {
            try certificates.make("device", subject: Self.subject, issuer: "issuing", extensions: extensions)
            #expect(try await verdict("device", "issuing") == .refused(.wrongUsage), "\(extensions)")
        }
    }

    @Test("A critical extension that nobody knows is refused")
    func unknownCriticalExtension() async throws {
        try certificates.make(
            "device", subject: Self.subject, issuer: "issuing",
            extensions: CertificateFixtures.deviceExtensions + ["1.2.3.4=critical,ASN1:NULL"])
        #expect(try await verdict("device", "issuing") == .refused(.untrusted))
    }

    @Test("Bounds hold before anything is parsed")
    func bounds() async throws {
        let verifier = DeviceCertificateVerifier(
            anchors: try DeviceTrustAnchors(folder: certificates.folder.file("anchors")))
        let garbage = [UInt8](repeating: 0x30, count: 2048)
        #expect(await verifier.verdict(onChain: [], at: now) == .refused(.empty))
        #expect(await verifier.verdict(onChain: [garbage], at: now) == .refused(.malformed(index: 0)))
        #expect(
            await verifier.verdict(onChain: [garbage + [0]], at: now)
                == .refused(.certificateTooLarge(index: 0, length: 2049, lengthMax: 2048)))
        #expect(
            await verifier.verdict(onChain: Array(repeating: garbage, count: 5), at: now)
                == .refused(.tooLong(count: 5, countMax: 4)))
    }

    @Test("Every truncation of a device certificate is refused, and no flipped bit makes another device of it")
    func damaged() async throws {
        let anchors = try DeviceTrustAnchors(folder: certificates.folder.file("anchors"))
        let verifier = DeviceCertificateVerifier(anchors: anchors)
        let device = try certificates.der("device")
        let issuing = try certificates.der("issuing")
        guard case .trusted(let original) = await verifier.verdict(onChain: [device, issuing], at: now) else {
            Issue.record("the certificate itself is refused")
            return
        }
        for length in stride(from: 0, to: device.count, by: 7) {
            let verdict = await verifier.verdict(onChain: [Array(device.prefix(length)), issuing], at: now)
            #expect(verdict == .refused(.malformed(index: 0)), "length \(length)")
        }
        for index in device.indices {
            var flipped = device
            flipped[index] ^= 1
            let verdict = await verifier.verdict(onChain: [flipped, issuing], at: now)
            // The encoding of the issuer's signature is not itself signed: its count of unused bits may change.
            if case .trusted(let other) = verdict {
                #expect(other.serial == original.serial && other.publicKey == original.publicKey, "byte \(index)")
            }
        }
    }

    @Test("Anchors that cannot be read are a fault that names the file")
    func anchors() throws {
        let folder = certificates.folder.file("anchors")
        try certificates.folder.write("garbage", to: "anchors/bad.crt")
        #expect(throws: DeviceTrustAnchorFault.malformed(path: "\(folder)/bad.crt")) {
            _ = try DeviceTrustAnchors(folder: folder)
        }
        #expect(throws: DeviceTrustAnchorFault.unreadable(path: "\(folder)/none", errno: ENOENT)) {
            _ = try DeviceTrustAnchors(folder: "\(folder)/none")
        }
    }

    @Test("Without anchors nothing is trusted")
    func noAnchors() async throws {
        try FileManager.default.removeItem(atPath: certificates.folder.file("anchors/root.pem"))
        #expect(try await verdict("device", "issuing", "root") == .refused(.untrusted))
    }
}
