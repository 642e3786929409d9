// modules: TextEncodings CivilCalendar TUFMetadata Crypto CryptoExtras
import Crypto
import TUFMetadata

/// A repository of one key that signs for all roles.
private struct Maker: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    private let name: String
    let root: [UInt8]
    let timestamp: [UInt8]
    let snapshot: [UInt8]

    init() {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32)) else {
            preconditionFailure("no key")
        }
        let point = Self.hexadecimal(key.publicKey.rawRepresentation)
        let value = #"{"keytype":"ed25519","keyval":{"public":"\#(point)"},"scheme":"ed25519"}"#
        let name = Self.hexadecimal(SHA256.hash(data: Array(value.utf8)))
        let roles = ["root", "snapshot", "targets", "timestamp"]
            .map { #""\#($0)":{"keyids":["\#(name)"],"threshold":1}"# }.joined(separator: ",")
        func signed(_ role: String, _ rest: String) -> [UInt8] {
            let text =
                #"{"_type":"\#(role)","expires":"2999-01-01T00:00:00Z",\#(rest),"spec_version":"1.0.34","version":1}"#
            return Self.envelope(Array(text.utf8), form: Array(text.utf8), key, name)
        }
        self.key = key
        self.name = name
        root = signed("root", #""keys":{"\#(name)":\#(value)},"roles":{\#(roles)}"#)
        timestamp = signed("timestamp", #""meta":{"snapshot.json":{"version":1}}"#)
        snapshot = signed("snapshot", #""meta":{"a.json":{"version":1},"targets.json":{"version":1}}"#)
    }

    /// The input as what is signed; nil where it has no canonical form.
    func signed(_ bytes: [UInt8]) -> [UInt8]? {
        guard let form = try? CanonicalJSON.form(of: bytes) else { return nil }
        return Self.envelope(bytes, form: form, key, name)
    }

    private static func envelope(
        _ bytes: [UInt8], form: [UInt8], _ key: Curve25519.Signing.PrivateKey, _ name: String
    ) -> [UInt8] {
        guard let signature = try? key.signature(for: form) else { preconditionFailure("no signature") }
        return Array(#"{"signatures":[{"keyid":"\#(name)","sig":"\#(hexadecimal(signature))"}],"signed":"#.utf8) + bytes
            + [UInt8(ascii: "}")]
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

private let maker = Maker()

/// No input traps, signed or not; canonical form is its own canonical form; no input is metadata that nobody has signed, wherever it
/// comes from.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTUF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let form = try? CanonicalJSON.form(of: bytes), form.allSatisfy({ $0 >= 0x20 }) {
        guard let again = try? CanonicalJSON.form(of: form) else { preconditionFailure("canonical form is refused") }
        precondition(form == again, "canonical form has another")
    }
    var first = MetadataRefresh(startTime: 0)
    _ = first.handle(.started)
    precondition(bytes == maker.root || isFailed(first.handle(.loaded(bytes))), "a root that nobody has signed")

    var refresh = MetadataRefresh(startTime: 0)
    _ = refresh.handle(.started)
    precondition(refresh.handle(.loaded(maker.root)) == [.fetch(path: "2.root.json", lengthMax: 512_000)], "the root")
    var rotation = refresh
    precondition(isFailed(rotation.handle(.fetched(.success(bytes)))), "a new root that nobody has signed")
    _ = refresh.handle(.fetched(.failure(.status(404))))
    precondition(refresh.handle(.loaded(bytes)).count == 1, "a stored timestamp")
    var forged = refresh
    precondition(isFailed(forged.handle(.fetched(.success(bytes)))), "a timestamp that nobody has signed")
    if let signed = maker.signed(bytes) { tryEverywhere(signed, after: refresh) }
    return 0
}

/// What the maker signs may be anything: as root, timestamp, snapshot, targets and delegated targets.
private func tryEverywhere(_ signed: [UInt8], after start: MetadataRefresh) {
    var root = MetadataRefresh(startTime: 0)
    _ = root.handle(.started)
    _ = root.handle(.loaded(signed))
    var timestamp = start
    _ = timestamp.handle(.fetched(.success(signed)))
    var refresh = start
    precondition(refresh.handle(.fetched(.success(maker.timestamp))).count == 2, "the timestamp")
    _ = refresh.handle(.loaded(nil))
    var snapshot = refresh
    _ = snapshot.handle(.fetched(.success(signed)))
    precondition(refresh.handle(.fetched(.success(maker.snapshot))).count == 2, "the snapshot")
    _ = refresh.handle(.loaded(nil))
    _ = refresh.handle(.fetched(.success(signed)))
    guard case .load = refresh.handle(.targetWanted(path: "a/b")).last else { return }
    _ = refresh.handle(.loaded(signed))
    _ = refresh.handle(.fetched(.success(signed)))
}

private func isFailed(_ effects: [MetadataRefresh.Effect]) -> Bool {
    if case .finish(.failed) = effects.last { effects.count == 1 } else { false }
}
