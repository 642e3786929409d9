import CORProtocol
import Foundation
import HubCore
import KeyStore
import PeerFixtures
import Testing

/// Authorities that openssl made, and the words that they give for each other.
@Suite("Authorities that follow each other")
struct AuthorityRolloverTests {
    static let day: Int64 = 86_400_000
    let certificates: CertificateFixtures
    /// A little later than the certificates, whose times are whole seconds.
    let now = Int64((Date().timeIntervalSince1970 + 60) * 1000)

    init() throws {
        certificates = try CertificateFixtures()
        // Of one name, with keys of their own; the file names differ.
        for name in ["old", "new", "newest", "stranger"] {
            try root(
                name, subject: name == "stranger" ? "/CN=Stranger" : "/CN=Fleet CA", days: name == "old" ? 400 : 4000)
        }
        try vouch("old", for: "new")
        try vouch("new", for: "newest")
    }

    func root(_ name: String, subject: String, days: Int) throws {
        try certificates.makeKey(name)
        try OpenSSLTool.run(
            [
                "req", "-x509", "-new", "-key", "\(name).key", "-out", "\(name).pem", "-subj", subject, "-days",
                "\(days)",
                "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign",
            ], in: certificates.folder)
    }

    /// `issuer`'s word for the key of `name`: ISSUER-NAME.pem.
    func vouch(_ issuer: String, for name: String) throws {
        try certificates.folder.write(
            "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n", to: "ca.ext")
        try OpenSSLTool.run(
            ["x509", "-x509toreq", "-in", "\(name).pem", "-signkey", "\(name).key", "-out", "\(name).csr"],
            in: certificates.folder)
        try OpenSSLTool.run(
            [
                "x509", "-req", "-in", "\(name).csr", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key",
                "-CAcreateserial",
                "-days", "390", "-out", "\(issuer)-\(name).pem", "-extfile", "ca.ext",
            ], in: certificates.folder)
    }

    func der(_ names: String...) throws -> [[UInt8]] { try names.map { try certificates.der($0) } }

    @Test("A new root is known by the old one's word; the old one stays until it ends")
    func known() throws {
        let rollover = AuthorityRollover(
            pinned: try der("old"), published: try der("new", "old-new", "old"), at: now)
        #expect(try rollover.anchors == der("old", "new"))
        #expect(try rollover.added == der("new") && rollover.dropped == [])
        let later = AuthorityRollover(
            pinned: rollover.anchors, published: try der("new"), at: now + 401 * Self.day)
        #expect(try later.anchors == der("new") && later.dropped == der("old"))
    }

    @Test("Several roll-overs while a hub was away are followed one after the other, in any order of the answer")
    func several() throws {
        for published in [
            try der("newest", "new", "new-newest", "old-new"), try der("old-new", "new-newest", "new", "newest"),
        ] {
            let rollover = AuthorityRollover(pinned: try der("old"), published: published, at: now)
            #expect(Set(rollover.anchors) == Set(try der("old", "new", "newest")))
        }
    }

    @Test("A root that nobody known vouches for is not taken, whoever's server says so")
    func unvouched() throws {
        try vouch("stranger", for: "new")
        for published in [
            try der("new"), try der("new", "stranger-new", "stranger"), try der("stranger"), try der("old-new"),
            try der("newest", "new-newest"),
        ] {
            let rollover = AuthorityRollover(pinned: try der("old"), published: published, at: now)
            #expect(try rollover.anchors == der("old") && rollover.added == [])
        }
    }

    @Test("A word that has ended, or of a root that has ended, counts for nothing")
    func ended() throws {
        let rollover = AuthorityRollover(
            pinned: try der("old"), published: try der("new", "old-new"), at: now + 401 * Self.day)
        #expect(try rollover.anchors == der("old") && rollover.added == [])
    }

    @Test("The last root is kept beyond its end: without any, nobody is known")
    func last() throws {
        let rollover = AuthorityRollover(pinned: try der("old"), published: [], at: now + 500 * Self.day)
        #expect(try rollover.anchors == der("old") && rollover.dropped == [])
    }

    @Test("Certificates of others than authorities, and garbage, are passed over")
    func garbage() throws {
        try certificates.make("leaf", subject: "/CN=Fleet CA", issuer: "old")
        let rollover = AuthorityRollover(
            pinned: try der("old"), published: [[], [0x30, 0x00], try certificates.der("leaf")], at: now)
        #expect(try rollover.anchors == der("old"))
    }

    @Test("No more than the maximum is known")
    func bounded() throws {
        var published: [[UInt8]] = []
        for number in 0..<10 {
            try root("r\(number)", subject: "/CN=Fleet CA", days: 4000)
            try vouch("old", for: "r\(number)")
            published += try der("r\(number)", "old-r\(number)")
        }
        let rollover = AuthorityRollover(pinned: try der("old"), published: published, at: now + Self.day)
        #expect(rollover.anchors.count == AuthorityRollover.anchorCountMax)
    }

    @Test("A root is found by its fingerprint, and only a root")
    func fingerprint() throws {
        let published = try der("old-new", "new", "old")
        let text = try OpenSSLTool.run(
            ["x509", "-in", "new.pem", "-noout", "-fingerprint", "-sha256"], in: certificates.folder)
        let digits = try #require(text.split(separator: "=").last.map(String.init))
        let bytes = try #require(Fingerprint.bytes(of: digits.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(AuthorityRollover.root(bytes, among: published) == published[1])
        #expect(AuthorityRollover.root(Fingerprint.of(published[0]), among: published) == nil)
        #expect(AuthorityRollover.root([UInt8](repeating: 0, count: 32), among: published) == nil)
        for text in ["", "zz", String(repeating: "g", count: 64), String(repeating: "a", count: 63)] {
            #expect(Fingerprint.bytes(of: text) == nil)
        }
    }
}
